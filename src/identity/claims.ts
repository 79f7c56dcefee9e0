import { isJsonObject, JsonNumber, member, type JsonObject, type JsonValue } from '../core/json.ts';
import type { Subject, SubjectKind } from '../core/subject.ts';
import { isIdentityText } from './identity-text.ts';

/** Which claims of an issuer's tokens say who it is. */
export interface ClaimNames {
  readonly id: string;
  readonly name: string;
  readonly groups: string;
}

/** A reason that is safe to show to whoever sent the token: it quotes nothing from it. */
export interface ClaimProblem {
  readonly problem: string;
}

export function isProblem(value: object): value is ClaimProblem {
  return 'problem' in value;
}

/**
 * The subject of a token of a configured issuer. No id: refused. No name: the id is the name. No groups: none, and then
 * whatever a policy gives to groups is not given. What is there but malformed is refused, never skipped.
 */
export function readSubject(claims: JsonObject, names: ClaimNames, kind: SubjectKind, issuer: string): Subject | ClaimProblem {
  const id = member(claims, names.id);
  const named = member(claims, names.name);
  const name = named === undefined ? id : named;
  if (!isIdentityText(id)) return { problem: `the claim ${names.id} is missing or malformed` };
  if (!isIdentityText(name)) return { problem: `the claim ${names.name} is malformed` };
  if (names.name === 'email' && isUnverified(member(claims, 'email_verified'))) return { problem: 'the e-mail address is not verified' };
  if (Object.hasOwn(claims, 'act') || Object.hasOwn(claims, 'may_act'))
    return { problem: 'tokens of one party acting for another are not accepted from this issuer' };
  const groups = readGroups(claims, names.groups);
  return isProblem(groups) ? groups : { kind, id, name, groups, issuer };
}

function readGroups(claims: JsonObject, claim: string): readonly string[] | ClaimProblem {
  const value = member(claims, claim);
  if (value === undefined) return isElsewhere(claims, claim) ? { problem: `the claim ${claim} is not in the token but only referred to` } : [];
  const groups = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(groups) || !groups.every(isIdentityText)) return { problem: `the claim ${claim} is malformed` };
  return [...new Set(groups)];
}

/** OpenID Connect's distributed claims: with too many groups some providers send a link instead, which is not `no groups`. */
function isElsewhere(claims: JsonObject, claim: string): boolean {
  return Object.hasOwn(claims, 'hasgroups') || member(member(claims, '_claim_names'), claim) !== undefined;
}

/** Some providers send the flag as text. */
const isUnverified = (flag: JsonValue | undefined): boolean => flag !== undefined && flag !== true && flag !== 'true';

/** RFC 7519: one audience or several. Undefined where it is missing, empty or malformed. */
export function readAudiences(claims: JsonObject): readonly string[] | undefined {
  const value = member(claims, 'aud');
  const audiences: unknown[] = Array.isArray(value) ? value : [value];
  return audiences.length > 0 && audiences.length <= 32 && audiences.every(isFilled) ? audiences : undefined;
}

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** A NumericDate as epoch milliseconds; undefined where it is absent or no date. */
export function readTime(claims: JsonObject, claim: string): number | undefined {
  const value = member(claims, claim);
  const seconds = value instanceof JsonNumber ? value.exact() : value;
  return typeof seconds === 'number' && seconds >= 0 && seconds <= 1e11 ? seconds * 1000 : undefined;
}

/** The OAuth client that the token was issued to; empty where it names none. */
export function readClientId(claims: JsonObject): string {
  const value = member(claims, 'client_id') ?? member(claims, 'azp');
  return isIdentityText(value) ? value : '';
}

/** What one of our own tokens was issued through; undefined where that is malformed. */
export function readThrough(claims: JsonObject): readonly string[] | undefined {
  const value = member(claims, 'sid') ?? [];
  return Array.isArray(value) && value.length <= 4 && value.every(isIdentityText) ? value : undefined;
}

const KINDS: readonly SubjectKind[] = ['person', 'workload', 'ai-agent'];
const isKind = (value: unknown): value is SubjectKind => KINDS.some((kind) => kind === value);

/**
 * The claims of our own tokens that say who it is; `readOwnSubject` reads them back to the same subject. Where an AI agent
 * acts for a person, RFC 8693 has it: the token is the person's, and `act` says who uses it.
 */
export function ownClaims(subject: Subject): JsonObject {
  const { onBehalfOf, ...caller } = subject;
  if (onBehalfOf?.onBehalfOf) throw new TypeError('whoever is acted for acts for nobody');
  return onBehalfOf ? { ...plainClaims(onBehalfOf), act: plainClaims(caller) } : plainClaims(caller);
}

const plainClaims = ({ id, name, kind, groups, issuer }: Subject): JsonObject => ({ sub: id, name, kind, groups, idp: issuer });

/** One AI agent at most acts for one person; nobody else acts for anybody. */
export function readOwnSubject(claims: JsonObject): Subject | ClaimProblem {
  const named = readOwn(claims);
  const act = member(claims, 'act');
  if (isProblem(named) || act === undefined) return named;
  const actor = isJsonObject(act) && !Object.hasOwn(act, 'act') ? readOwn(act) : MALFORMED;
  if (isProblem(actor)) return actor;
  return named.kind === 'person' && actor.kind === 'ai-agent' ? { ...actor, onBehalfOf: named } : MALFORMED;
}

const MALFORMED: ClaimProblem = { problem: 'the token does not say who it is for' };

function readOwn(claims: JsonObject): Subject | ClaimProblem {
  const [id, name, kind, issuer] = ['sub', 'name', 'kind', 'idp'].map((claim) => member(claims, claim));
  const groups = readGroups(claims, 'groups');
  if (!isIdentityText(id) || !isIdentityText(name) || !isIdentityText(issuer)) return MALFORMED;
  if (!isKind(kind) || isProblem(groups)) return MALFORMED;
  return { kind, id, name, groups, issuer };
}
