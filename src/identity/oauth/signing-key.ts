import { createPublicKey, subtle, type KeyObject } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { SigningKey, SigningKeys } from '../signing-keys.ts';

/** The gateway's own signing key, as the OAuth server uses it: what it issues is read like every other token of ours. */
export class OAuthSigningKey extends ExternalSigningKey {
  readonly #key: SigningKey;
  readonly #public: KeyObject;

  constructor({ current, publicKeys }: SigningKeys) {
    super();
    const jwk = publicKeys.find(({ kid }) => kid === current.kid);
    if (!jwk) throw new TypeError('the current key is not among the public ones');
    this.#key = current;
    this.#public = createPublicKey({ key: jwk, format: 'jwk' });
  }

  override get kid(): string {
    return this.#key.kid;
  }

  override get alg(): string {
    return this.#key.algorithm;
  }

  override keyObject(): KeyObject {
    return this.#public;
  }

  override async sign(data: Uint8Array): Promise<Uint8Array> {
    const algorithm = this.#key.algorithm === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'Ed25519' };
    return new Uint8Array(await subtle.sign(algorithm, this.#key.privateKey, new Uint8Array(data)));
  }
}
