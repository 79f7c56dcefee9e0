import { SignJWT, type JWK } from 'jose';
import { newId } from '../core/id.ts';
import type { SignIdentity } from '../credential/identity-claims.ts';
import { openSigningKeys, type SigningKeys } from '../identity/signing-keys.ts';

export interface IdentitySigner {
  readonly sign: SignIdentity;
  /** `iss` of what it signs. */
  readonly issuer: string;
  /** The public keys, as they are published. */
  keys(): Promise<readonly JWK[]>;
}

/** How often the folder is looked at for a new key. */
const LOOK_MS = 10_000;

/**
 * What the gateway says of subjects to others is signed with keys (ES256) that sign nothing else and under an issuer of its own:
 * none of it is a token for the gateway.
 */
export async function openIdentitySigner({
  folder,
  url,
  now = Date.now,
}: {
  readonly folder: string;
  readonly url: string;
  readonly now?: () => number;
}): Promise<IdentitySigner> {
  const issuer = `${url}/identity`;
  let known = await openSigningKeys(folder, { now, make: 'ES256' });
  let lookedAt = now();

  async function current(): Promise<SigningKeys> {
    if (now() - lookedAt < LOOK_MS) return known;
    lookedAt = now();
    // What cannot be read now is as it was.
    known = await openSigningKeys(folder, { now, make: 'ES256' }).catch(() => known);
    return known;
  }

  return {
    issuer,
    keys: async () => (await current()).publicKeys,
    async sign(claims, { audience, lifetimeMs }) {
      const { kid, algorithm, privateKey } = (await current()).current;
      const issuedAt = Math.floor(now() / 1000);
      return new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + Math.ceil(lifetimeMs / 1000))
        .setJti(newId(now()))
        .sign(privateKey);
    },
  };
}
