import { SignJWT } from 'jose';
import { newId } from '../core/id.ts';
import type { JsonObject } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';
import { targetUrl } from './audience.ts';
import { ownClaims } from './claims.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface MintOptions extends TokenLimits {
  readonly keys: SigningKeys;
  readonly subject: Subject;
  /** The one target that the token is good for. */
  readonly target: string;
  /** URL of the gateway. */
  readonly url: string;
  readonly ttlMs: number;
  readonly clientId: string;
  /** Ids of the sign-in and the grant that it is issued through: it ends with each of them. */
  readonly through?: readonly string[];
  readonly now?: number;
}

/** What narrows a token below what its subject may do. */
export interface TokenLimits {
  /** The scope of an OAuth client; absent: the policy alone limits it. */
  readonly scope?: string | undefined;
  /** RFC 7638 thumbprint of the key without which the token is worth nothing (RFC 9449). */
  readonly keyThumbprint?: string | undefined;
}

export interface MintedToken {
  readonly token: string;
  /** The token's `jti`: may be recorded. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** An access token (RFC 9068) of the gateway's own, for one subject on one target. */
export async function mintToken({ keys, subject, target, url, ttlMs, clientId, through = [], now = Date.now(), ...limits }: MintOptions): Promise<MintedToken> {
  const issuedAt = Math.floor(now / 1000);
  const expires = issuedAt + Math.ceil(ttlMs / 1000);
  const id = newId(now);
  const { kid, algorithm, privateKey } = keys.current;
  const token = await new SignJWT({ ...ownClaims(subject), ...throughClaim(through), ...limitClaims(limits), client_id: clientId })
    .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid })
    .setIssuer(url)
    .setAudience(targetUrl(url, target))
    .setIssuedAt(issuedAt)
    .setExpirationTime(expires)
    .setJti(id)
    .sign(privateKey);
  return { token, id, expiresAt: expires * 1000 };
}

/** The claim that names what a token was issued through. */
export const throughClaim = (through: readonly string[]): JsonObject => (through.length === 0 ? {} : { sid: [...through] });

function limitClaims({ scope, keyThumbprint }: TokenLimits): JsonObject {
  return { ...(scope === undefined ? {} : { scope }), ...(keyThumbprint === undefined ? {} : { cnf: { jkt: keyThumbprint } }) };
}
