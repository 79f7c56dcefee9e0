import { Secret } from '../../core/secret.ts';
import type { ResolvedCredential } from '../credential.ts';
import type { TokenAnswer } from './token-endpoint.ts';

/** A token is renewed this long before its end, or a fifth of its life where that is less. */
const AHEAD_MS = 60_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** Least time between two tokens that are asked for because a target refused the one before. */
const REFUSED_PAUSE_MS = 10_000;

interface Kept {
  readonly expiresAt: number;
  readonly renewAt: number;
  readonly credential: ResolvedCredential;
}

/** One token that is asked for when it is needed, by one request at a time, and again before its end; with growing pauses where that fails. */
export class KeptToken {
  readonly #request: () => Promise<Pick<TokenAnswer, 'accessToken' | 'expiresAt'>>;
  readonly #now: () => number;
  #kept: Kept | undefined;
  #pending: Promise<Kept> | undefined;
  #failures = 0;
  #failed: { readonly error: unknown; readonly until: number } | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(request: () => Promise<Pick<TokenAnswer, 'accessToken' | 'expiresAt'>>, now: () => number) {
    this.#request = request;
    this.#now = now;
  }

  async credential(): Promise<ResolvedCredential> {
    const now = this.#now();
    const kept = this.#kept && now < this.#kept.expiresAt ? this.#kept : undefined;
    if (kept && now < kept.renewAt) return kept.credential;
    if (this.#failed && now < this.#failed.until) {
      if (kept) return kept.credential;
      throw this.#failed.error;
    }
    const renewing = this.#renew();
    if (!kept) return (await renewing).credential;
    // Nobody waits for what is merely due.
    renewing.catch(() => {});
    return kept.credential;
  }

  #renew(): Promise<Kept> {
    return (this.#pending ??= this.#renewNow().finally(() => (this.#pending = undefined)));
  }

  async #renewNow(): Promise<Kept> {
    try {
      const askedAt = this.#now();
      const { accessToken, expiresAt } = await this.#request();
      const renewAt = expiresAt - Math.min(AHEAD_MS, (expiresAt - askedAt) / 5);
      this.#failures = 0;
      this.#failed = undefined;
      return (this.#kept = { expiresAt, renewAt, credential: this.#bearer(accessToken) });
    } catch (error) {
      this.#failures += 1;
      this.#failed = { error, until: this.#now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1)) };
      throw error;
    }
  }

  #bearer(token: string): ResolvedCredential {
    const credential: ResolvedCredential = bearerCredential(token, {
      refused: () => {
        if (this.#kept?.credential !== credential || this.#now() - this.#refusedAt < REFUSED_PAUSE_MS) return;
        this.#refusedAt = this.#now();
        this.#kept = undefined;
      },
    });
    return credential;
  }
}

export function bearerCredential(token: string, more: Pick<ResolvedCredential, 'refused' | 'refusal'>): ResolvedCredential {
  return { kind: 'headers', headers: [['authorization', new Secret(`Bearer ${token}`)]], warnings: [], ...more };
}
