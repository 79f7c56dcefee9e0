import { isSallyportError } from '../core/error.ts';
import { Pause } from '../core/pause.ts';
import type { OutboxRow } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import {
  dueMessages,
  endMessage,
  forgetOldMessages,
  holdMessage,
  insertMessages,
  nextDue,
  postponeMessage,
  releaseMessages,
  type NewMessage,
} from './outbox-rows.ts';

/** How a message ended that was not sent: nobody has to know any more. */
export const DROPPED = Symbol('dropped');

export interface OutboxOptions {
  readonly storage: Pick<Storage, 'db' | 'kind'>;
  /** Sends one message; gives what the other side calls it. Throws where it was not taken: `usage` and `credential_missing` are final. */
  send(message: OutboxRow, signal: AbortSignal): Promise<string | undefined | typeof DROPPED>;
  /** For the operator's log: `slack C0123`, never a secret. */
  name(message: OutboxRow): string;
  readonly now?: () => number;
  /** Waits before each further try; as many tries as there are waits, and one. */
  readonly backOffMs?: readonly number[];
  readonly report?: (error: unknown) => void;
}

/** Two hours in all: then people have other ways to see it. */
const BACK_OFF_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000];
const AT_ONCE = 4;
/** Longer than one try may take. */
const HOLD_MS = 60_000;
/** How often to look for what other processes left. */
const POLL_MS = 2_000;
const FORGET_EVERY_MS = 3_600_000;

/** Sends what is in the table, in the background: at least once, over restarts and processes, one after the other in each thread. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #now: () => number;
  readonly #sending = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  readonly #pause = new Pause();
  #hasNews = false;
  #forgotAt = 0;
  #addedAt = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#done = this.#run();
  }

  /** Resolves when they will be sent, whatever becomes of this process. */
  async add(messages: readonly NewMessage[]): Promise<void> {
    // Those of one thread go in the order they came, also within a millisecond.
    const from = Math.max(this.#now(), this.#addedAt + 1);
    this.#addedAt = from + Math.max(0, messages.length - 1);
    await insertMessages(this.#options.storage.db, messages, from);
    this.look();
  }

  /** There may be something new: somebody else added it. */
  look(): void {
    this.#hasNews = true;
    this.#pause.end();
  }

  /** What is on the way is cut off; whoever starts next sends it again. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#pause.end();
    await this.#done;
    await Promise.allSettled(this.#sending);
  }

  async #run(): Promise<void> {
    // An embedded database has one gateway at a time: whoever held messages before is gone.
    if (this.#options.storage.kind === 'sqlite') await releaseMessages(this.#options.storage.db).catch((error: unknown) => this.#options.report?.(error));
    while (!this.#stop.signal.aborted) {
      this.#hasNews = false;
      try {
        await this.#sendDue();
        await this.#rest();
      } catch (error) {
        // The rows are where they were.
        if (!this.#stop.signal.aborted) this.#options.report?.(error);
        await this.#wait(POLL_MS);
      }
    }
  }

  async #sendDue(): Promise<void> {
    const { db } = this.#options.storage;
    const now = this.#now();
    const room = AT_ONCE - this.#sending.size;
    for (const message of room > 0 ? await dueMessages(db, now, room) : []) {
      if (!(await holdMessage(db, message, now + HOLD_MS))) continue;
      const sending = this.#send(message).finally(() => {
        this.#sending.delete(sending);
        this.look();
      });
      this.#sending.add(sending);
    }
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    await forgetOldMessages(db, now);
  }

  /** A failed one gives its place to others while it waits. */
  async #send(message: OutboxRow): Promise<void> {
    const { storage, send, report = () => {} } = this.#options;
    const { signal } = this.#stop;
    try {
      const receipt = await send(message, signal);
      const ended = receipt === DROPPED ? ({ outcome: 'dropped' } as const) : ({ outcome: 'sent', receipt } as const);
      await endMessage(storage.db, message.id, ended, this.#now());
    } catch (error) {
      // Held rows are free again when the hold ends, or, where we can still say so, at once.
      await this.#failed(message, error).catch((cause: unknown) => (signal.aborted ? undefined : report(cause)));
    }
  }

  async #failed(message: OutboxRow, error: unknown): Promise<void> {
    const { storage, name, backOffMs = BACK_OFF_MS, report = () => {} } = this.#options;
    if (this.#stop.signal.aborted) return postponeMessage(storage.db, message.id, { tries: message.tries, nextAt: this.#now() });
    const wait = backOffMs[message.tries];
    if (wait !== undefined && !isFinal(error)) return postponeMessage(storage.db, message.id, { tries: message.tries + 1, nextAt: this.#now() + wait });
    report(new Error(`${name(message)} was not told`, { cause: error }));
    await endMessage(storage.db, message.id, { outcome: 'given-up' }, this.#now());
  }

  async #rest(): Promise<void> {
    if (this.#hasNews) return;
    const due = await nextDue(this.#options.storage.db);
    const wait = due === undefined || this.#sending.size >= AT_ONCE ? POLL_MS : Math.min(POLL_MS, Math.max(5, due - this.#now()));
    await this.#wait(wait);
  }

  async #wait(milliseconds: number): Promise<void> {
    if (!this.#stop.signal.aborted && !this.#hasNews) await this.#pause.last(milliseconds);
  }
}

/** What will not be better the next time. */
const isFinal = (error: unknown): boolean => isSallyportError(error, 'usage') || isSallyportError(error, 'credential_missing');
