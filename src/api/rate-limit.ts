const MAX_KEYS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** So many at once, then so many a minute, for each key. Bounded: beyond its size the longest unused key is forgotten. */
export class RateLimit {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor({ burst, perMinute, now }: { readonly burst: number; readonly perMinute: number; readonly now: () => number }) {
    this.#burst = burst;
    this.#perMs = perMinute / 60_000;
    this.#now = now;
  }

  /** Takes one; false when there is none left. */
  take(key: string): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at: this.#now() };
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (this.#now() - bucket.at) * this.#perMs);
    bucket.at = this.#now();
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const oldest = this.#buckets.keys().next().value;
    if (this.#buckets.size > MAX_KEYS && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Gives one back that turned out not to count. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.tokens = Math.min(this.#burst, bucket.tokens + 1);
  }
}
