import { RecentlyUsed } from '../core/recently-used.ts';
import type { Subject } from '../core/subject.ts';

/** What a token says, once its signature was verified; time and audience are checked at every use. */
export interface VerifiedToken {
  readonly subject: Subject;
  readonly clientId: string;
  readonly audiences: readonly string[];
  /** The issuer's configured audience; undefined for our own tokens. */
  readonly configured: string | undefined;
  /** Ids of the sign-in and the grant that it was issued through; of our own tokens only. */
  readonly through: readonly string[];
  /** Epoch milliseconds; 0 where the token does not say. */
  readonly issuedAt: number;
  /** Epoch milliseconds. */
  readonly notBefore: number;
  readonly expiresAt: number;
  /** What its client was granted; absent: whatever the policy allows its subject. Of our own tokens only. */
  readonly scope?: string;
  /** The key without which it is worth nothing (RFC 9449), as an RFC 7638 thumbprint. */
  readonly keyThumbprint?: string;
}

/** One that may be used again, with what does not change between its uses. */
export interface KnownToken extends VerifiedToken {
  /** Those of its audiences that name targets of this gateway. */
  readonly targets: readonly string[];
}

const MAX_ENTRIES = 10_000;
/** A verified token is verified again after this, so that a key that its issuer withdrew stops counting. */
const TRUST_MS = 5 * 60_000;

/** Verified tokens by the SHA-256 of the token, never by the token. */
export class VerifiedTokens {
  readonly #entries = new RecentlyUsed<{ readonly verified: KnownToken; readonly until: number }>(MAX_ENTRIES);

  get(hash: string, now: number): KnownToken | undefined {
    const entry = this.#entries.get(hash);
    if (!entry || now < entry.until) return entry?.verified;
    this.#entries.delete(hash);
    return undefined;
  }

  put(hash: string, verified: KnownToken, now: number): void {
    this.#entries.set(hash, { verified, until: now + TRUST_MS });
  }
}
