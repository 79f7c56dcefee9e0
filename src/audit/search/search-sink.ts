import { SallyportError } from '../../core/error.ts';
import { Pause } from '../../core/pause.ts';
import type { Storage } from '../../storage/storage.ts';
import { LogReader } from '../log-reader.ts';
import type { RecordingKeys } from '../recording-keys.ts';
import { BodyOpener, eventOf, leafOf } from '../replay.ts';
import type { Frame } from '../frame.ts';
import { searchDocument, type SearchDocument } from './document.ts';
import { SessionOwners } from './session-owners.ts';
import { addDocuments, SEARCH_SINK } from './store.ts';

export interface SearchSinkOptions {
  readonly storage: Storage;
  /** The data folder's `journal/`. */
  readonly folder: string;
  readonly recording: RecordingKeys;
  readonly writer: string;
  /** Events of one transaction. Default 200. */
  readonly batch?: number;
  /** How long it rests, as a multiple of how long it worked, while nobody waits. Default 2: at most a third of a processor. */
  readonly rest?: number;
  /** The same while the gateway is busy. Default 40: calls need the processor now, and words can wait. */
  readonly busyRest?: number;
  readonly backOffMs?: readonly [first: number, longest: number];
  /** Hears how far it is. */
  readonly moved?: (position: number) => void;
  readonly report?: (error: unknown) => void;
}

/** A gateway that was busy is asked again. */
const LONGEST_REST_MS = 20_000;

/** Reads the journal behind everybody else and writes down which event has which words. What fails is tried again. */
export class SearchSink {
  readonly #options: SearchSinkOptions;
  readonly #stop = new AbortController();
  readonly #owners: SessionOwners;
  readonly #done: Promise<void>;
  #opener: BodyOpener | undefined;
  #reader: LogReader | undefined;
  #held: readonly { readonly frame: Frame; readonly segment: string }[] = [];
  #limit = 0;
  #hurry = 0;
  #busy = false;
  #position = 0;
  /** The position as the database has it. */
  #from = 0;
  #wake: () => void = () => {};
  readonly #pause = new Pause();

  constructor(options: SearchSinkOptions) {
    this.#options = options;
    this.#owners = new SessionOwners(options.storage);
    this.#done = this.#run();
  }

  /** The journal is durable up to here. `hurry`: somebody waits for it, so there is no rest before. `busy`: so are the calls. */
  follow(limit: number, { hurry = false, busy = false } = {}): void {
    this.#limit = Math.max(this.#limit, limit);
    this.#busy = busy;
    if (hurry) this.#hurry = Math.max(this.#hurry, limit);
    this.#wake();
  }

  /** After the batch that is under way; a later start goes on there. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#done;
    await this.#forget();
  }

  async #run(): Promise<void> {
    const { backOffMs: [first, longest] = [250, 30_000], rest = 2, busyRest = 40, moved, report } = this.#options;
    for (let pause = first; !this.#stop.signal.aborted;) {
      try {
        const began = performance.now();
        this.#position = await this.#copySome();
        pause = first;
        moved?.(this.#position);
        if (this.#position >= this.#limit) await this.#more();
        else if (this.#position >= this.#hurry) await this.#wait(Math.min(LONGEST_REST_MS, (performance.now() - began) * (this.#busy ? busyRest : rest)));
      } catch (error) {
        report?.(error);
        await this.#forget();
        await this.#wait(pause);
        pause = Math.min(pause * 2, longest);
      }
    }
  }

  /** The position behind what it copied. */
  async #copySome(): Promise<number> {
    const { storage, folder, writer, batch = 200 } = this.#options;
    const reader = (this.#reader ??= new LogReader(folder, writer, await this.#stored()));
    const before = reader.next;
    if (this.#held.length === 0) this.#held = (await reader.read(this.#limit)).map((frame) => ({ frame, segment: reader.segment }));
    const some = this.#held.slice(0, batch);
    const last = some.at(-1);
    if (!last) {
      // What retention deleted is passed by.
      if (reader.next >= this.#limit || reader.next > before) return reader.next;
      throw new SallyportError('verify_failed', `record ${reader.next} of the journal cannot be read`, { hint: 'run `sallyport audit verify`' });
    }
    const documents = await this.#documents(some);
    const from = this.#from;
    const next = last.frame.index + 1;
    await storage.db.transaction().execute(async (transaction) => {
      const moved = await transaction
        .updateTable('sink_positions')
        .set({ next_leaf: next })
        .where('sink', '=', SEARCH_SINK)
        .where('writer', '=', writer)
        .where('next_leaf', '=', from)
        .executeTakeFirst();
      if (moved.numUpdatedRows !== 1n) throw new Error('the position of the search index was moved by another: it is read again');
      await addDocuments(transaction, storage.kind, documents);
    });
    this.#held = this.#held.slice(batch);
    this.#from = next;
    return next;
  }

  async #documents(some: readonly { readonly frame: Frame; readonly segment: string }[]): Promise<readonly SearchDocument[]> {
    const opener = (this.#opener ??= new BodyOpener(this.#options.writer, this.#options.recording));
    const documents: SearchDocument[] = [];
    for (const { frame, segment } of some) {
      const leaf = leafOf(frame);
      const event = eventOf(leaf);
      documents.push(searchDocument(event, await opener.open(leaf, frame.bodies, segment), await this.#owners.of(event)));
    }
    return documents;
  }

  async #stored(): Promise<number> {
    const { storage, writer } = this.#options;
    await storage.db
      .insertInto('sink_positions')
      .values({ sink: SEARCH_SINK, writer, next_leaf: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { next_leaf: next } = await storage.db
      .selectFrom('sink_positions')
      .select('next_leaf')
      .where('sink', '=', SEARCH_SINK)
      .where('writer', '=', writer)
      .executeTakeFirstOrThrow();
    this.#from = next;
    return next;
  }

  async #forget(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
    this.#held = [];
  }

  async #more(): Promise<void> {
    const limit = this.#limit;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#stop.signal.aborted || this.#limit > limit) resolve();
    });
    this.#wake = () => {};
  }

  async #wait(milliseconds: number): Promise<void> {
    this.#wake = () => (this.#stop.signal.aborted || this.#hurry > this.#position ? this.#pause.end() : undefined);
    await this.#pause.last(milliseconds);
    this.#wake = () => {};
  }
}
