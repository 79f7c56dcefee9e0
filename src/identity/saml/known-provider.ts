import { SallyportError } from '../../core/error.ts';
import type { SamlProvider } from './provider-metadata.ts';

/** Reads what is known of the provider, anew. */
export type ReadProvider = () => Promise<SamlProvider>;

const FRESH_MS = 60 * 60_000;
/** How long a provider is taken for what it was while its metadata cannot be read. */
const STALE_MS = 24 * 60 * 60_000;
const MIN_INTERVAL_MS = 60_000;

/** What is known of a provider, read again every hour, and when a signature does not fit: then it may have changed its key. */
export class KnownProvider {
  readonly #read: ReadProvider;
  readonly #now: () => number;
  readonly #report: (error: unknown) => void;
  #known: { readonly provider: SamlProvider; readonly at: number } | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<SamlProvider> | undefined;

  constructor({ read, now, report }: { readonly read: ReadProvider; readonly now: () => number; readonly report: (error: unknown) => void }) {
    this.#read = read;
    this.#now = now;
    this.#report = report;
  }

  /** Throws `upstream_unreachable` where nothing is known that may still be used. */
  async get(): Promise<SamlProvider> {
    const known = this.#known;
    if (!known) return this.#again();
    const age = this.#now() - known.at;
    if (age < FRESH_MS || this.#now() - this.#triedAt < MIN_INTERVAL_MS) return age < STALE_MS ? known.provider : this.#again();
    return this.#again().catch((error: unknown) => {
      this.#report(error);
      if (age < STALE_MS) return known.provider;
      throw error;
    });
  }

  /** Another reading, unless there was one within the last minute: then undefined. */
  async renewed(): Promise<SamlProvider | undefined> {
    if (this.#now() - this.#triedAt < MIN_INTERVAL_MS) return undefined;
    return this.#again().catch((error: unknown) => {
      this.#report(error);
      return undefined;
    });
  }

  /** One reading at a time, whoever asks. */
  #again(): Promise<SamlProvider> {
    this.#reading ??= this.#readNow().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readNow(): Promise<SamlProvider> {
    this.#triedAt = this.#now();
    try {
      const provider = await this.#read();
      this.#known = { provider, at: this.#now() };
      return provider;
    } catch (cause) {
      throw new SallyportError('upstream_unreachable', 'what the gateway has to know of the provider cannot be read', { cause, hint: 'try again in a minute' });
    }
  }
}
