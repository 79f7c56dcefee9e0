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

const MAX_ENTRIES = 10_000;
/** A verified token is verified again after this, so that a key that its issuer withdrew stops counting. */
const TRUST_MS = 5 * 60_000;

/** Verified tokens by the SHA-256 of the token, never by the token: a bounded memory, least recently used first out. */
export class VerifiedTokens {
  readonly #entries = new Map<string, { readonly verified: VerifiedToken; readonly until: number }>();

  get(hash: string, now: number): VerifiedToken | undefined {
    const entry = this.#entries.get(hash);
    if (!entry) return undefined;
    this.#entries.delete(hash);
    if (now >= entry.until) return undefined;
    this.#entries.set(hash, entry);
    return entry.verified;
  }

  put(hash: string, verified: VerifiedToken, now: number): void {
    this.#entries.set(hash, { verified, until: now + TRUST_MS });
    if (this.#entries.size <= MAX_ENTRIES) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
