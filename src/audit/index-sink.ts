import { setTimeout } from 'node:timers/promises';
import { SallyportError } from '../core/error.ts';
import type { Storage } from '../storage/storage.ts';
import type { NewestNote } from './checkpoint-file.ts';
import { storeCheckpoint, storeHashes } from './index-proofs.ts';
import type { Journal } from './journal.ts';
import { LogReader } from './log-reader.ts';
import { storeLeaves, type StoreLeaves } from './store-leaves.ts';

/** What the index needs of a journal: another writer's log can be seen as one. */
export type IndexedLog = Pick<Journal, 'folder' | 'writer' | 'position' | 'watch' | 'newest'> & Partial<Pick<Journal, 'recent'>>;

export interface IndexOptions {
  readonly journal: IndexedLog;
  readonly storage: Storage;
  /** Events of one transaction. Default 500. */
  readonly batch?: number;
  /** How long to gather events before they are written. Default 250. */
  readonly gatherMs?: number;
  /** First and longest pause after a failure. Default 250 and 30,000. */
  readonly backOffMs?: readonly [first: number, longest: number];
  /** Hears of each failure; the sink goes on by itself. */
  readonly report?: (error: unknown) => void;
}

export interface Index {
  /** Events that are in the index: the next one to come. */
  readonly position: number;
  /** Resolves when everything that is durable now is in the index. */
  caughtUp(): Promise<void>;
  /** Writes what is still missing, or gives up at the first failure (the journal has it), and stops. */
  close(): Promise<void>;
}

/** How long the index gathers events by default. */
export const INDEX_GATHER_MS = 250;

const SINK = 'index';

/** Copies the journal into the tables `events` and `sessions`, behind the hot path. What fails is tried again; a restart goes on where this one stopped. */
export function startIndex(options: IndexOptions): Index {
  return new IndexSink(options);
}

class IndexSink implements Index {
  readonly #options: IndexOptions;
  readonly #stop = new AbortController();
  readonly #stopWatching: () => void;
  readonly #done: Promise<void>;
  readonly #store: StoreLeaves;
  readonly #waiting = new Set<{ readonly position: number; readonly resolve: () => void }>();
  #wake: () => void = () => {};
  #reader: LogReader | undefined;
  #held: readonly { readonly index: number; readonly text: string }[] = [];
  #position = 0;
  /** Size of the checkpoint that the database has. */
  #checkpointed = 0;

  constructor(options: IndexOptions) {
    this.#options = options;
    this.#store = storeLeaves(options.storage);
    this.#stopWatching = options.journal.watch(() => this.#wake());
    this.#done = this.#run();
  }

  get position(): number {
    return this.#position;
  }

  caughtUp(): Promise<void> {
    const { position } = this.#options.journal;
    if (position <= this.#position || this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.add({ position, resolve });
      this.#wake();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#done;
    this.#stopWatching();
    await this.#reader?.close();
    for (const { resolve } of this.#waiting) resolve();
  }

  async #run(): Promise<void> {
    const { backOffMs: [first, longest] = [250, 30_000], report = () => {} } = this.#options;
    let pause = first;
    for (;;) {
      try {
        const copied = await this.#copySome();
        if (copied !== 'nothing') pause = first;
        if (copied !== 'full') await this.#storeCheckpoint();
        if (copied === 'nothing' && this.#stop.signal.aborted) return;
        // Under load there is always a little more: it is worth a transaction when it was gathered for a while.
        if (copied !== 'full' && !this.#stop.signal.aborted) await this.#grown();
      } catch (error) {
        report(error);
        await this.#reader?.close();
        this.#reader = undefined;
        this.#held = [];
        if (this.#stop.signal.aborted) return;
        await this.#pause(pause);
        pause = Math.min(pause * 2, longest);
      }
    }
  }

  /** One batch; `full` where there may be another one already. */
  async #copySome(): Promise<'nothing' | 'some' | 'full'> {
    const { journal, storage, batch = 500 } = this.#options;
    const reader = (this.#reader ??= new LogReader(journal.folder, journal.writer, await this.#stored(), journal.recent));
    if (this.#held.length === 0) this.#held = (await reader.read(journal.position)).map(({ index, leaf }) => ({ index, text: leaf.toString() }));
    const some = this.#held.slice(0, batch);
    const last = some.at(-1);
    if (!last && journal.position > reader.next)
      throw new SallyportError('verify_failed', `record ${reader.next} of the journal cannot be read`, { hint: 'run `sallyport audit verify`' });
    if (!last) return 'nothing';
    const from = this.#position;
    const first = some[0]?.index ?? last.index;
    if (from < first) await storeHashes(storage.db, journal, { first: from, end: first });
    await this.#store({ sink: SINK, writer: journal.writer, from, next: last.index + 1, leaves: some.map(({ text }) => text) });
    this.#held = this.#held.slice(batch);
    this.#moveTo(last.index + 1);
    return some.length === batch ? 'full' : 'some';
  }

  async #stored(): Promise<number> {
    const { journal, storage } = this.#options;
    await storage.db
      .insertInto('sink_positions')
      .values({ sink: SINK, writer: journal.writer, next_leaf: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await storage.db
      .selectFrom('sink_positions')
      .select('next_leaf')
      .where('sink', '=', SINK)
      .where('writer', '=', journal.writer)
      .executeTakeFirstOrThrow();
    this.#moveTo(row.next_leaf);
    return row.next_leaf;
  }

  async #storeCheckpoint(): Promise<void> {
    const newest = this.#dueCheckpoint();
    if (!newest) return;
    await storeCheckpoint(this.#options.storage.db, this.#options.journal.writer, newest);
    this.#checkpointed = newest.size;
  }

  #dueCheckpoint(): NewestNote | undefined {
    const { newest } = this.#options.journal;
    return newest && newest.size <= this.#position && newest.size !== this.#checkpointed ? newest : undefined;
  }

  #moveTo(position: number): void {
    this.#position = position;
    for (const waiting of this.#waiting) {
      if (waiting.position > position) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  /** Until there is more, and then a little longer: many events cost one transaction. */
  async #grown(): Promise<void> {
    const { journal, gatherMs = INDEX_GATHER_MS } = this.#options;
    if (journal.position <= this.#position && !this.#dueCheckpoint()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = () => {};
    }
    if (this.#waiting.size === 0) await this.#pause(gatherMs);
  }

  async #pause(milliseconds: number): Promise<void> {
    await setTimeout(milliseconds, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {});
  }
}
