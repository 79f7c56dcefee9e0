import { member, type JsonObject } from '../../core/json.ts';
import { readAudiences, readTime } from '../claims.ts';
import type { Compact } from '../compact.ts';
import type { KeyLookup } from '../issuer-keys.ts';
import type { Algorithm } from '../algorithm.ts';
import { isSigned } from '../verify-token.ts';
import { grantRefusal, type GrantRefusal } from './grant-refusal.ts';

export interface SignedRule {
  /** What it is called in refusals: `the client assertion`. */
  readonly what: string;
  /** Values of the header's `typ` that it may have. */
  readonly types: readonly string[];
  /** It is for exactly one of these, and for nobody else beside. */
  readonly audiences: readonly string[];
  /** How far away its end may be. */
  readonly maxLifeMs: number;
  readonly now: number;
  keys(algorithm: Algorithm, kid: string | undefined): Promise<KeyLookup>;
}

export interface SignedClaims {
  readonly claims: JsonObject;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Its `jti`; undefined where it has none. */
  readonly id: string | undefined;
}

/** What two clocks may differ by. */
const SKEW_MS = 30_000;

/** A document that somebody else signed for us: its kind, its signature, its audience and its times. */
export async function readSigned(compact: Compact, rule: SignedRule): Promise<SignedClaims | GrantRefusal> {
  const { what, types, audiences } = rule;
  if (!types.includes(compact.type)) return grantRefusal(`${what} is a signed document of another kind`);
  const found = await rule.keys(compact.algorithm, compact.kid);
  if (found.kind === 'unavailable') return { error: 'temporarily_unavailable', reason: `the keys that ${what} is signed with cannot be read now` };
  if (found.kind === 'unknown' || !(await isSigned(compact, found.keys))) return grantRefusal(`the signature of ${what} does not hold`);
  const named = readAudiences(compact.claims);
  const [audience = '', other] = named ?? [];
  if (other !== undefined || !audiences.includes(audience)) return grantRefusal(`${what} is not for this gateway alone`);
  // A proof of possession cannot be checked here, and without it such a document must not count (RFC 7800).
  if (Object.hasOwn(compact.claims, 'cnf')) return grantRefusal(`${what} is bound to a key, which is not supported`);
  return readTimes(compact.claims, rule);
}

function readTimes(claims: JsonObject, { what, now, maxLifeMs }: SignedRule): SignedClaims | GrantRefusal {
  const expiresAt = readTime(claims, 'exp');
  const jti = member(claims, 'jti');
  if (expiresAt === undefined) return grantRefusal(`${what} does not say when it expires`);
  if (now >= expiresAt) return grantRefusal(`${what} has expired`);
  if (expiresAt - now > maxLifeMs + SKEW_MS) return grantRefusal(`${what} is good for longer than ${maxLifeMs / 60_000} minutes`);
  for (const name of ['nbf', 'iat']) {
    const time = Object.hasOwn(claims, name) ? readTime(claims, name) : 0;
    if (time === undefined || now < time - SKEW_MS) return grantRefusal(`${what} is not valid yet`);
  }
  if (jti !== undefined && (typeof jti !== 'string' || jti === '')) return grantRefusal(`the id of ${what} is malformed`);
  return { claims, expiresAt, id: jti };
}
