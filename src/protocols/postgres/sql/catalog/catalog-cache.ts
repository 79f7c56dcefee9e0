import { SallyportError } from '../../../../core/error.ts';
import type { Catalog } from './catalog.ts';
import { readCatalog, readVersion, type CatalogQuery } from './read-catalog.ts';

export interface CatalogCacheOptions {
  /** How often the server is asked whether others changed anything. */
  readonly pollMs?: number;
  /** How long an answer holds when none comes after it. */
  readonly staleMs?: number;
  readonly now?: () => number;
}

/**
 * The catalog of one database, kept up with it: read again at once when a statement of ours changed it, and within a
 * poll when somebody else did. When the server does not answer, nobody is told anything: no catalog, no decision.
 */
export class CatalogCache {
  readonly #query: CatalogQuery;
  readonly #pollMs: number;
  readonly #staleMs: number;
  readonly #now: () => number;
  #catalog: Catalog | undefined;
  #version = '';
  #checkedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<Catalog> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Counts invalidations: what was read before one is not kept. */
  #era = 0;

  constructor(query: CatalogQuery, { pollMs = 1000, staleMs = 10_000, now = () => performance.now() }: CatalogCacheOptions = {}) {
    this.#query = query;
    this.#pollMs = pollMs;
    this.#staleMs = staleMs;
    this.#now = now;
  }

  /** The catalog where nothing has to be waited for. */
  get known(): Catalog | undefined {
    return this.#now() - this.#checkedAt < this.#staleMs ? this.#catalog : undefined;
  }

  /** Rejects with `upstream_unreachable` where the server does not tell. */
  async current(): Promise<Catalog> {
    return this.known ?? this.#read();
  }

  /** Asks now whether others changed anything: a name that is not known may be new. */
  async recheck(): Promise<void> {
    const version = await readVersion(this.#query);
    if (version !== this.#version) this.#catalog = undefined;
  }

  /** A statement changed what names mean, or may have: nothing is decided by what was known before. */
  invalidate(): void {
    this.#era += 1;
    this.#catalog = undefined;
    this.#reading = undefined;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #read(): Promise<Catalog> {
    const reading = this.#reading ?? this.#readNow();
    this.#reading = reading;
    return reading;
  }

  async #readNow(): Promise<Catalog> {
    const era = this.#era;
    try {
      // The version first: what changes while the catalog is read is noticed by the next poll.
      const version = await readVersion(this.#query);
      const catalog = await readCatalog(this.#query);
      if (era !== this.#era) return await this.#read();
      this.#catalog = catalog;
      this.#version = version;
      this.#checkedAt = this.#now();
      this.#schedule();
      return catalog;
    } catch (cause) {
      if (cause instanceof SallyportError) throw cause;
      throw new SallyportError('upstream_unreachable', 'the catalog of the database cannot be read, so no statement can be decided', { cause });
    } finally {
      if (era === this.#era) this.#reading = undefined;
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#poll(), this.#pollMs);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    try {
      const version = await readVersion(this.#query);
      if (version !== this.#version) this.#catalog = undefined;
      else this.#checkedAt = this.#now();
    } catch {
      // Not answered: what is known grows stale, and then nothing is decided.
    }
    this.#schedule();
  }
}
