import { member, type JsonObject } from '../../core/json.ts';
import type { Subject } from '../../core/subject.ts';
import { readCompact } from '../compact.ts';
import type { FetchJson } from '../fetch-json.ts';
import { discoverKeys, IssuerKeys } from '../issuer-keys.ts';
import { grantRefusal, isRefusal, type GrantRefusal } from './grant-refusal.ts';
import { keysAt, type KeySource } from './key-source.ts';
import type { FirstUse } from './replay.ts';
import { readSigned } from './signed-claims.ts';

/** A company's identity provider that says for which client a person may get a token here. */
export interface AssertionIssuer {
  readonly issuer: string;
  /** Absent: what the issuer publishes. */
  readonly keys?: KeySource;
  /** The person whom its claims name, as the directory has them, else as they say; a refusal for who may not come in. */
  person(claims: JsonObject): Promise<Subject | GrantRefusal>;
}

export interface IdJagOptions {
  readonly issuers: readonly AssertionIssuer[];
  /** URL of the gateway, which is what the assertions are for. */
  readonly url: string;
  readonly firstUse: FirstUse;
  readonly fetchJson: FetchJson;
  readonly now: () => number;
  /** The target that a resource names; undefined where it names none. */
  readonly targetOf: (resource: string) => string | undefined;
}

export interface AssertionUse {
  readonly assertion: string;
  /** The client that proved who it is. */
  readonly clientId: string;
  /** What the request asks for; absent: what the assertion is for. */
  readonly target?: string;
}

export interface Asserted {
  readonly subject: Subject;
  readonly target: string;
  readonly expiresAt: number;
}

const ID_JAG_TYPE = 'oauth-id-jag+jwt';
const MAX_LIFE_MS = 60 * 60_000;
const WHAT = 'the assertion';

/** Enterprise-managed authorization: an identity assertion grant (draft-ietf-oauth-identity-assertion-authz-grant) becomes a person, once. */
export function createIdJag({ issuers, url, firstUse, fetchJson, now, targetOf }: IdJagOptions): (use: AssertionUse) => Promise<Asserted | GrantRefusal> {
  const sources = new Map(
    issuers.map((one) => [
      one.issuer,
      { ...one, keys: new IssuerKeys(one.keys ? keysAt(one.keys, fetchJson) : () => discoverKeys(one.issuer, fetchJson), now) },
    ]),
  );
  return async ({ assertion, clientId, target }) => {
    const compact = readCompact(assertion);
    const issuer = compact && member(compact.claims, 'iss');
    const source = typeof issuer === 'string' ? sources.get(issuer) : undefined;
    if (!compact || !source) return grantRefusal(`${WHAT} is from no identity provider that is trusted here`);
    const signed = await readSigned(compact, {
      what: WHAT,
      types: [ID_JAG_TYPE],
      audiences: [url],
      maxLifeMs: MAX_LIFE_MS,
      now: now(),
      keys: (algorithm, kid) => source.keys.find(algorithm, kid),
    });
    if (isRefusal(signed)) return signed;
    const { claims, expiresAt, id } = signed;
    if (member(claims, 'client_id') !== clientId) return grantRefusal(`${WHAT} was made for another client`);
    const named = resourceOf(claims, targetOf);
    if (named === undefined || (target !== undefined && target !== named))
      return { ...grantRefusal(`${WHAT} is not for the target that is asked for`), error: 'invalid_target' };
    if (id === undefined) return grantRefusal(`${WHAT} has no id`);
    if (Object.hasOwn(claims, 'act')) return grantRefusal(`${WHAT} is of one who acts for another`);
    const subject = await source.person(claims);
    if (isRefusal(subject)) return subject;
    if (!(await firstUse(['id-jag', source.issuer, id], expiresAt))) return grantRefusal(`${WHAT} was used before`);
    return { subject, target: named, expiresAt };
  };
}

/** One resource, and a target of ours. */
function resourceOf(claims: JsonObject, targetOf: IdJagOptions['targetOf']): string | undefined {
  const [resource, other] = [member(claims, 'resource')].flat();
  return typeof resource === 'string' && other === undefined ? targetOf(resource) : undefined;
}
