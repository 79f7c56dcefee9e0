import { SallyportError } from '../core/error.ts';
import { member } from '../core/json.ts';
import type { Algorithm } from './algorithm.ts';
import type { FetchJson } from './fetch-json.ts';
import { matchingKeys, readKeySet, type VerifyKey } from './key-set.ts';

export type KeyLookup = { readonly kind: 'found'; readonly keys: readonly VerifyKey[] } | { readonly kind: 'unknown' } | { readonly kind: 'unavailable' };

/** Keys older than this are read again, while the old ones serve. */
const REFRESH_MS = 10 * 60_000;
/** With the issuer down, its last good keys serve this long and no longer. */
export const USABLE_MS = 60 * 60_000;
/** Least time between two readings for a key id that is not known: a stranger's invented ids cannot hammer the issuer. */
export const COOLDOWN_MS = 30_000;
/** Least time between two tries when there are no keys at all. */
const RETRY_MS = 2_000;

/** Reads the keys as they are now. Throws where they cannot be read. */
export type ReadKeys = () => Promise<readonly VerifyKey[]>;

/** The keys of one issuer, kept and renewed. */
export class IssuerKeys {
  readonly #readKeys: ReadKeys;
  readonly #now: () => number;
  #keys: readonly VerifyKey[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(readKeys: ReadKeys, now: () => number) {
    this.#readKeys = readKeys;
    this.#now = now;
  }

  async find(algorithm: Algorithm, kid: string | undefined): Promise<KeyLookup> {
    const age = this.#now() - this.#readAt;
    if (age > USABLE_MS) await this.#read(RETRY_MS);
    else if (age > REFRESH_MS) void this.#read(COOLDOWN_MS);

    const known = this.#match(algorithm, kid);
    if (known.kind !== 'unknown') return known;
    await this.#read(COOLDOWN_MS);
    return this.#match(algorithm, kid);
  }

  #match(algorithm: Algorithm, kid: string | undefined): KeyLookup {
    if (this.#now() - this.#readAt > USABLE_MS) return { kind: 'unavailable' };
    const keys = matchingKeys(this.#keys, algorithm, kid);
    if (keys.length > 0) return { kind: 'found', keys };
    return this.#triedAt > this.#readAt ? { kind: 'unavailable' } : { kind: 'unknown' };
  }

  /** Never rejects: what failed shows in the age of the keys. One reading at a time, whoever asks. */
  #read(pause: number): Promise<void> {
    if (this.#reading) return this.#reading;
    if (this.#now() - this.#triedAt < pause) return Promise.resolve();
    this.#triedAt = this.#now();
    this.#reading = this.#readNow(this.#triedAt).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(startedAt: number): Promise<void> {
    try {
      this.#keys = await this.#readKeys();
      this.#readAt = startedAt;
    } catch {
      // The age of the keys tells: `find` answers `unavailable` once they are too old.
    }
  }
}

/** What an issuer publishes: OpenID Connect discovery, then its JWK set. */
export async function discoverKeys(issuer: string, fetchJson: FetchJson): Promise<readonly VerifyKey[]> {
  const home = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const document = await fetchJson(home, 'configured');
  if (member(document, 'issuer') !== issuer) throw new SallyportError('upstream_invalid', `${home.href} speaks for another issuer`);
  const jwksUri = member(document, 'jwks_uri');
  const url = typeof jwksUri === 'string' ? URL.parse(jwksUri) : null;
  if (!url || url.username || url.password) throw new SallyportError('upstream_invalid', `${home.href} names no key set`);
  if (home.protocol === 'https:' && url.protocol !== 'https:') throw new SallyportError('upstream_invalid', `${home.href} names a key set without TLS`);
  // On the issuer's own host it is as trusted as the issuer; elsewhere it is an address that a document named.
  const keys = await readKeySet(await fetchJson(url, url.hostname === home.hostname ? 'configured' : 'public'));
  if (!keys) throw new SallyportError('upstream_invalid', `${url.href} is no key set`);
  return keys;
}
