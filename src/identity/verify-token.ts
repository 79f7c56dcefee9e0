import { compactVerify } from 'jose';
import { isJsonObject, member } from '../core/json.ts';
import { isProblem, readAudiences, readClientId, readThrough, readTime } from './claims.ts';
import { readCompact, type Compact } from './compact.ts';
import type { VerifyKey } from './key-set.ts';
import { refusal, type Unauthenticated } from './outcome.ts';
import type { TokenSource } from './token-source.ts';
import type { VerifiedToken } from './verified-tokens.ts';

/** What does not change between two uses of a token: its form, its signature, who it names. Time and audience are the caller's. */
export async function verifyToken(token: string, sources: ReadonlyMap<string, TokenSource>): Promise<VerifiedToken | Unauthenticated> {
  const compact = readCompact(token);
  if (!compact) return invalid('the token is no signed token of an accepted kind');
  const issuer = member(compact.claims, 'iss');
  const source = typeof issuer === 'string' ? sources.get(issuer) : undefined;
  if (!source) return invalid('the token is from an issuer that is not accepted here');
  if (!source.types.includes(compact.type)) return invalid('the token is no access token');

  const found = await source.keys(compact.algorithm, compact.kid);
  if (found.kind === 'unavailable') return refusal('unavailable', "the keys of the token's issuer cannot be read now");
  if (found.kind === 'unknown' || !(await isSigned(compact, found.keys))) return invalid('the signature does not hold');
  return readVerified(compact, source);
}

/** jose checks that the key fits the algorithm; the claims were read from the very bytes that are verified here. */
export async function isSigned({ token, algorithm }: Pick<Compact, 'token' | 'algorithm'>, keys: readonly VerifyKey[]): Promise<boolean> {
  for (const { key } of keys) {
    try {
      // Ed25519 is RFC 9864's other name for the same signature.
      await compactVerify(token, key, { algorithms: algorithm === 'EdDSA' ? ['EdDSA', 'Ed25519'] : [algorithm] });
      return true;
    } catch {
      continue;
    }
  }
  return false;
}

function readVerified({ claims }: Compact, source: TokenSource): VerifiedToken | Unauthenticated {
  const expiresAt = readTime(claims, 'exp');
  const notBefore = earliest(claims);
  const audiences = readAudiences(claims);
  if (expiresAt === undefined) return invalid('the token does not say when it expires');
  if (notBefore === undefined) return invalid("the token's times are malformed");
  if (!audiences) return refusal('audience', 'the token does not say whom it is for');
  const bound = readBinding(claims);
  if (!bound) return invalid('the token is bound to a key in a way that is not supported');

  const subject = source.subject(claims);
  if (isProblem(subject)) return invalid(subject.problem);
  const through = source.audience === undefined ? readThrough(claims) : [];
  if (!through) return invalid('the token does not say what it was issued through');
  const issuedAt = readTime(claims, 'iat') ?? 0;
  const limits = { ...bound, ...(source.audience === undefined ? scopeOf(claims) : {}) };
  return { subject, clientId: readClientId(claims), audiences, configured: source.audience, through, issuedAt, notBefore, expiresAt, ...limits };
}

/** The later of `nbf` and `iat`; a token from the future is as little valid as one not valid yet. */
function earliest(claims: Compact['claims']): number | undefined {
  const times = ['nbf', 'iat'].map((claim) => (Object.hasOwn(claims, claim) ? readTime(claims, claim) : 0));
  const [notBefore, issuedAt] = times;
  return notBefore === undefined || issuedAt === undefined ? undefined : Math.max(notBefore, issuedAt);
}

/** RFC 7800: whoever does not understand how a token is bound must not take it. Undefined for any way but RFC 9449's. */
function readBinding(claims: Compact['claims']): Pick<VerifiedToken, 'keyThumbprint'> | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return {};
  const binding = member(claims, 'cnf');
  const keyThumbprint = member(binding, 'jkt');
  return typeof keyThumbprint === 'string' && isJsonObject(binding) && Object.keys(binding).length === 1 ? { keyThumbprint } : undefined;
}

function scopeOf(claims: Compact['claims']): Pick<VerifiedToken, 'scope'> {
  const scope = member(claims, 'scope');
  return typeof scope === 'string' ? { scope } : {};
}

const invalid = (reason: string): Unauthenticated => refusal('invalid', reason);
