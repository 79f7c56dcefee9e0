import { member, type JsonObject } from '../../core/json.ts';
import type { Subject } from '../../core/subject.ts';
import type { Compact } from '../compact.ts';
import type { FetchJson } from '../fetch-json.ts';
import { isIdentityText } from '../identity-text.ts';
import { discoverKeys, IssuerKeys } from '../issuer-keys.ts';
import { claimText, compileMatch, type ClaimCheck } from './claim-match.ts';
import { grantRefusal, isRefusal, type GrantRefusal } from './grant-refusal.ts';
import { keysAt } from './key-source.ts';
import type { FirstUse } from './replay.ts';
import { readSigned, type SignedClaims } from './signed-claims.ts';
import type { WorkloadRule } from './workload-rule.ts';

/** Whom a token of somebody else's makes here, and until when at most. */
export interface Proven {
  readonly subject: Subject;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Reads the tokens of CI systems and clusters, each good for one exchange for each target unless its rule says otherwise. */
export type ProveWorkload = (compact: Compact, target: string) => Promise<Proven | GrantRefusal>;

export interface WorkloadTokensOptions {
  readonly rules: readonly WorkloadRule[];
  readonly firstUse: FirstUse;
  readonly fetchJson: FetchJson;
  readonly now: () => number;
}

/** `typ` of tokens of OpenID Connect issuers and of JWT-SVIDs. */
const TYPES = ['', 'jwt', 'jose'];
const MAX_LIFE_MS = 24 * 60 * 60_000;
const WHAT = 'the token';

interface CompiledRule extends WorkloadRule {
  readonly check: ClaimCheck;
}

interface Source {
  readonly issuer: string;
  readonly keys: IssuerKeys;
  readonly rules: readonly CompiledRule[];
}

export function createWorkloadTokens({ rules, firstUse, fetchJson, now }: WorkloadTokensOptions): ProveWorkload {
  const sources = sourcesOf(rules, fetchJson, now);
  return async (compact, target) => {
    const source = sourceOf(compact.claims, sources);
    if (!source) return grantRefusal(`${WHAT} is from an issuer that is not accepted here`);
    const audiences = [...new Set(source.rules.map(({ audience }) => audience))];
    const signed = await readSigned(compact, {
      what: WHAT,
      types: TYPES,
      audiences,
      maxLifeMs: MAX_LIFE_MS,
      now: now(),
      keys: (algorithm, kid) => source.keys.find(algorithm, kid),
    });
    if (isRefusal(signed)) return signed;
    const rule = ruleFor(source, signed.claims);
    if (isRefusal(rule)) return rule;
    const subject = subjectOf(rule, signed.claims);
    if (isRefusal(subject)) return subject;
    if (!(await isFirst(rule, signed, target)))
      return grantRefusal(`${WHAT} was exchanged for this target before: take a new one`, `workload ${rule.name}: replayed`);
    return { subject, expiresAt: signed.expiresAt };
  };

  async function isFirst({ issuer, reuse }: WorkloadRule, { id, expiresAt }: SignedClaims, target: string): Promise<boolean> {
    return reuse === 'until-expiry' || id === undefined || firstUse(['workload', issuer, id, target], expiresAt);
  }
}

/** One source of keys for each issuer; rules of one issuer share theirs. */
function sourcesOf(rules: readonly WorkloadRule[], fetchJson: FetchJson, now: () => number): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  for (const rule of rules) {
    const { issuer, keys } = rule;
    const compiled = { ...rule, check: compileMatch(rule.match) };
    const known = sources.get(issuer);
    const read = keys ? keysAt(keys, fetchJson, isSpiffe(issuer) ? 'jwt-svid' : 'sig') : () => discoverKeys(issuer, fetchJson);
    sources.set(issuer, { issuer, keys: known?.keys ?? new IssuerKeys(read, now), rules: [...(known?.rules ?? []), compiled] });
  }
  return sources;
}

const isSpiffe = (issuer: string): boolean => issuer.startsWith('spiffe://');

/** By the issuer that it names; a JWT-SVID is told by the trust domain of its subject. */
function sourceOf(claims: JsonObject, sources: ReadonlyMap<string, Source>): Source | undefined {
  const [issuer, subject] = [member(claims, 'iss'), member(claims, 'sub')];
  const named = typeof issuer === 'string' ? sources.get(issuer) : undefined;
  const trustDomain = typeof subject === 'string' ? /^spiffe:\/\/[a-z0-9._-]+(?=\/)/.exec(subject)?.[0] : undefined;
  return named ?? (trustDomain === undefined ? undefined : sources.get(trustDomain));
}

/** The first rule that all claims fit. The caller learns no more than that none does; the record has why. */
function ruleFor({ rules }: Source, claims: JsonObject): WorkloadRule | GrantRefusal {
  const reasons: string[] = [];
  for (const rule of rules) {
    const reason = mismatch(rule, claims);
    if (reason === undefined) return rule;
    reasons.push(`${rule.name}: ${reason}`);
  }
  return grantRefusal(`no workload of this gateway has a token with such claims`, reasons.join('; ').slice(0, 1000));
}

function mismatch({ audience, match, check }: CompiledRule, claims: JsonObject): string | undefined {
  if (![member(claims, 'aud')].flat().includes(audience)) return 'another audience';
  const claim = check(claims);
  if (claim !== undefined) return `${claim} is ${shown(claimText(claims, claim))}`;
  const event = claimText(claims, 'event_name');
  return event === undefined || match['event_name'] || TRUSTED_EVENTS.includes(event)
    ? undefined
    : `event_name is ${shown(event)}, and the rule does not name it`;
}

const shown = (text: string | undefined): string => (text === undefined ? 'missing' : text.slice(0, 200));

/**
 * What starts a run on GitHub without anybody from outside having a hand in it. A pull request, also one from a fork, can have
 * the ref of the default branch (`pull_request_target`, `workflow_run`, `issue_comment`): a rule has to name such events.
 */
const TRUSTED_EVENTS = ['push', 'schedule', 'workflow_dispatch', 'repository_dispatch', 'release', 'deployment', 'merge_group'];

/** The id has a slash, which no name has: a token's `sub` never passes for the name of another workload. */
function subjectOf({ name, groups, issuer }: WorkloadRule, claims: JsonObject): Subject | GrantRefusal {
  const sub = member(claims, 'sub');
  const id = `${name}/${typeof sub === 'string' ? sub : ''}`;
  if (typeof sub !== 'string' || sub === '' || !isIdentityText(id))
    return grantRefusal(`${WHAT} does not say who it is for, or not in a form that can be recorded`);
  return { kind: 'workload', id, name, groups, issuer };
}
