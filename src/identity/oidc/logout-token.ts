import { isJsonObject, member, parseJson, type JsonObject } from '../../core/json.ts';
import { readAudiences, readTime } from '../claims.ts';
import { readCompact } from '../compact.ts';
import { isIdentityText } from '../identity-text.ts';
import { IssuerKeys } from '../issuer-keys.ts';
import { readKeySet } from '../key-set.ts';
import { isSigned } from '../verify-token.ts';
import type { Logout } from '../sign-in-provider.ts';
import type { Discovered } from './discovered.ts';
import type { ProviderFetch } from './guarded-fetch.ts';
import { refused } from './refused.ts';
import type { OidcSettings } from './settings.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** A logout token says what just happened. */
const OLDEST_MS = 5 * 60_000;
const SKEW_MS = 30_000;

export interface LogoutReaderOptions {
  readonly settings: OidcSettings;
  readonly discovered: Discovered;
  readonly fetch: ProviderFetch;
  readonly now: () => number;
}

/** Reads logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.6). Throws `unauthenticated` for what is none. */
export function createLogoutReader({ settings, discovered, fetch, now }: LogoutReaderOptions): (token: string) => Promise<Logout> {
  const keys = new IssuerKeys(async () => {
    const uri = (await discovered.get()).serverMetadata().jwks_uri ?? '';
    const reply = await fetch(uri, { method: 'GET', headers: { accept: 'application/json' } });
    const read = reply.status === 200 ? await readKeySet(parseJson(await reply.text(), { depth: 32 })) : undefined;
    if (!read) throw refused('the keys of the provider cannot be read');
    return read;
  }, now);

  return async (token) => {
    const compact = readCompact(token);
    if (!compact || !['', 'jwt', 'logout+jwt'].includes(compact.type)) throw refused('this is no logout token');
    const found = await keys.find(compact.algorithm, compact.kid);
    if (found.kind !== 'found' || !(await isSigned(compact, found.keys))) throw refused('the signature of the logout token does not hold');
    return readLogout(compact.claims, settings, now());
  };
}

function readLogout(claims: JsonObject, { issuer, clientId, claims: names }: OidcSettings, now: number): Logout {
  const issuedAt = readTime(claims, 'iat');
  const expiresAt = Object.hasOwn(claims, 'exp') ? (readTime(claims, 'exp') ?? 0) : Number.POSITIVE_INFINITY;
  const [id, subject, session] = ['jti', 'sub', 'sid'].map((claim) => member(claims, claim));
  if (member(claims, 'iss') !== issuer || !readAudiences(claims)?.includes(clientId))
    throw refused('the logout token is of another issuer, or for another client');
  if (issuedAt === undefined || Math.abs(now - issuedAt) > OLDEST_MS || now - SKEW_MS >= expiresAt) throw refused('the logout token is not of this moment');
  // A nonce makes it an ID token: those must never pass for one (2.4).
  if (!isJsonObject(member(member(claims, 'events'), EVENT)) || Object.hasOwn(claims, 'nonce')) throw refused('this is no logout token');
  if (!isIdentityText(id)) throw refused('the logout token has no id');
  // A person is found by `sub` only where that is the id that is kept of them.
  const person = names.id === 'sub' && isIdentityText(subject) ? { subject } : {};
  const stay = isIdentityText(session) ? { providerSession: session } : {};
  if (!('subject' in person) && !('providerSession' in stay)) throw refused('the logout token does not say who signed out');
  return { issuer, id, ...person, ...stay };
}
