import type { Transaction } from 'kysely';
import { Listeners } from '../core/listeners.ts';
import { Polling } from '../storage/polling.ts';
import type { Schema } from '../storage/schema.ts';

export interface ChangeFeedOptions<Row extends { readonly change: number }> {
  /** The rows that were changed after that change, in their order. */
  readonly read: (after: number) => Promise<readonly Row[]>;
  readonly apply: (rows: readonly Row[]) => void;
  readonly now?: () => number;
  /** Between two looks at what other processes changed. */
  readonly pollMs?: number;
  readonly report?: (error: unknown) => void;
}

const POLL_MS = 400;
/** What could not be read for so long is not believed any longer: as long as a token of ours lives. */
const STALE_MS = 10 * 60_000;

/** Reads what any process changed in a table, in the order of the changes, into this one's memory. */
export class ChangeFeed<Row extends { readonly change: number }> {
  readonly #options: ChangeFeedOptions<Row>;
  readonly #now: () => number;
  readonly #listeners: Listeners;
  #position = -1;
  #readAt = 0;
  #last: Promise<void> = Promise.resolve();
  readonly #polling: Polling;

  constructor(options: ChangeFeedOptions<Row>) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#listeners = new Listeners(options.report);
    this.#polling = new Polling({ look: () => this.refresh(), everyMs: options.pollMs ?? POLL_MS, report: options.report });
  }

  /** Resolves when everything is read that was there: who cannot read does not start. */
  async start(): Promise<void> {
    await this.refresh();
    this.#polling.start();
  }

  /** Whether what is in memory may still be relied on. */
  get isFresh(): boolean {
    return this.#now() - this.#readAt <= STALE_MS;
  }

  /** Resolves when what was committed before this call is in force here. */
  refresh(): Promise<void> {
    this.#last = this.#last.catch(() => {}).then(() => this.#look());
    return this.#last;
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#polling.stop();
    await this.#last.catch(() => {});
  }

  async #look(): Promise<void> {
    const startedAt = this.#now();
    const rows = await this.#options.read(this.#position);
    this.#readAt = startedAt;
    const last = rows.at(-1);
    if (!last) return;
    this.#position = last.change;
    this.#options.apply(rows);
    this.#listeners.tell();
  }
}

/** The number of a change that is being made; the row stays held until the transaction ends, so numbers are committed in their order. */
export async function nextChange(db: Transaction<Schema>, name: Schema['change_counters']['name']): Promise<number> {
  const { value } = await db
    .updateTable('change_counters')
    .set((column) => ({ value: column('value', '+', 1) }))
    .where('name', '=', name)
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}
