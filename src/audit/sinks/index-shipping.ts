import type { Index, IndexedLog } from '../index-sink.ts';
import { followLog, type FollowedLog } from './followed-log.ts';
import type { Logs } from './logs.ts';
import type { Shipping } from './shipping.ts';
import { sinkError, type SinkError, type SinkStatus, type WriterStatus } from './status.ts';

export interface IndexShippingOptions {
  /** Of this process. */
  readonly journal: IndexedLog;
  readonly logs: Logs;
  /** Starts an index of one log; `report` hears of its failures. */
  readonly start: (log: IndexedLog, report: (error: unknown) => void) => Index;
  /** How often to look for other logs, and for more in them. Default 10,000. */
  readonly pollMs?: number;
  readonly now?: () => number;
  readonly report?: (error: unknown) => void;
}

export interface IndexShipping extends Shipping {
  /** Of this process' own log. */
  readonly index: Index;
}

/**
 * The database index as one of the sinks. It feeds itself, since its position and its rows are of one transaction; here are its lag, its
 * failures, and the logs of writers that are no more.
 */
export function startIndexShipping(options: IndexShippingOptions): IndexShipping {
  return new IndexedLogs(options);
}

interface Other {
  readonly log: FollowedLog;
  readonly index: Index;
}

class IndexedLogs implements IndexShipping {
  readonly name = 'index';
  readonly index: Index;
  readonly #options: IndexShippingOptions;
  readonly #now: () => number;
  readonly #others = new Map<string, Other>();
  readonly #stopWatching: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt: number;
  #looking: Promise<void>;
  /** Where the journal was, and when: while the index has not come to it, it is at least as late as that is long ago. */
  #mark: { readonly position: number; readonly at: number };
  #failedAt: number | undefined;
  #retries = 0;
  #lastError: SinkError | undefined;

  constructor(options: IndexShippingOptions) {
    const { journal, start, now = Date.now, pollMs = 10_000 } = options;
    this.#options = options;
    this.#now = now;
    this.#startedAt = journal.position;
    this.#mark = { position: journal.position, at: now() };
    this.index = start(journal, (error) => this.#fail(error));
    this.#stopWatching = journal.watch(() => {
      if (this.index.position >= this.#mark.position) this.#mark = { position: journal.position, at: this.#now() };
    });
    this.#looking = this.#look();
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, pollMs);
    this.#timer.unref();
  }

  durableUpTo(writer: string): number {
    return writer === this.#options.journal.writer ? this.index.position : (this.#others.get(writer)?.index.position ?? 0);
  }

  async status(): Promise<SinkStatus> {
    const { journal } = this.#options;
    const writers = [statusOf(journal, this.index), ...[...this.#others.values()].map(({ log, index }) => statusOf(log, index))];
    const { position } = this.index;
    const lagEvents = writers.reduce((sum, one) => sum + Math.max(0, one.end - one.position), 0);
    const isFailing = this.#failedAt !== undefined && position <= this.#failedAt && lagEvents > 0;
    return {
      name: this.name,
      kind: 'index',
      state: isFailing ? 'failing' : lagEvents > 0 ? 'shipping' : 'up-to-date',
      writers,
      lagEvents,
      lagSeconds: position < this.#mark.position ? Math.max(0, (this.#now() - this.#mark.at) / 1000) : 0,
      shipped: Math.max(0, position - this.#startedAt),
      retries: this.#retries,
      rejected: 0,
      missed: 0,
      ...(this.#lastError ? { lastError: this.#lastError } : {}),
    };
  }

  async caughtUp(): Promise<void> {
    await this.#looking;
    await Promise.all([this.index, ...[...this.#others.values()].map(({ index }) => index)].map((index) => index.caughtUp()));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopWatching();
    await this.#looking;
    await Promise.all([this.index, ...[...this.#others.values()].map(({ index }) => index)].map((index) => index.close()));
  }

  async #look(): Promise<void> {
    const { logs, journal, start } = this.#options;
    try {
      for (const writer of await logs.writers()) {
        if (writer === journal.writer) continue;
        const known = this.#others.get(writer);
        if (known) await known.log.look();
        else {
          const log = await followLog(logs, writer, (error) => this.#fail(error));
          this.#others.set(writer, { log, index: start(log, (error) => this.#fail(error)) });
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failedAt = this.index.position;
    this.#retries += 1;
    this.#lastError = sinkError(error, this.#now());
    this.#options.report?.(error);
  }
}

function statusOf({ writer, position: end }: IndexedLog, { position }: Index): WriterStatus {
  return { writer, position, end };
}
