import { join } from 'node:path';
import { SallyportError } from '../../core/error.ts';
import type { Leaf } from '../leaf.ts';
import type { LogReader } from '../log-reader.ts';
import { leafOf } from '../replay.ts';
import { listSegments } from '../segment.ts';
import type { Frame } from '../frame.ts';
import type { Logs } from './logs.ts';
import type { Sink, SinkRecord } from './sink.ts';

/** One writer's records in order, in portions. */
export class RecordFeed {
  readonly #logs: Logs;
  readonly #writer: string;
  #reader: LogReader;
  /** Read, but not taken: at most what one read gives. */
  #surplus: readonly Frame[] = [];
  /** Index of the record that comes next if none is missing. */
  #expected: number;
  #missed = 0;

  constructor(logs: Logs, writer: string, from: number) {
    this.#logs = logs;
    this.#writer = writer;
    this.#expected = from;
    this.#reader = logs.reader(writer, from);
  }

  /** Index of the record that comes next. */
  get next(): number {
    return this.#expected;
  }

  /** Records that were gone from the journal before their turn; each is counted once. */
  get missed(): number {
    return this.#missed;
  }

  /** The next records with an index below `end`, up to and with the one that exceeds a limit. */
  async take(end: number, limits: Sink['limits']): Promise<readonly SinkRecord[]> {
    const taken: SinkRecord[] = [];
    let bytes = 0;
    for (;;) {
      if (this.#surplus.length === 0) this.#surplus = await this.#read(end);
      const frames = this.#surplus;
      let used = 0;
      for (; used < frames.length && taken.length < limits.events && bytes < limits.bytes; used += 1) {
        const frame = frames[used];
        if (!frame || frame.index >= end) break;
        this.#expect(frame.index);
        this.#expected = frame.index + 1;
        taken.push(new JournalRecord(frame));
        bytes += frame.size;
      }
      this.#surplus = frames.slice(used);
      if (used > 0 && this.#surplus.length === 0) continue;
      if (taken.length === 0 && this.#surplus.length === 0) this.#expect(Math.min(end, this.#reader.next));
      return taken;
    }
  }

  /** What was expected before this is not in the journal any more. */
  #expect(index: number): void {
    this.#missed += Math.max(0, index - this.#expected);
    this.#expected = Math.max(this.#expected, index);
  }

  async close(): Promise<void> {
    await this.#reader.close();
    this.#surplus = [];
  }

  async #read(end: number): Promise<readonly Frame[]> {
    const frames = await this.#reader.read(end);
    if (frames.length > 0 || this.#reader.next >= end) return frames;
    await this.#skipDeleted();
    const again = await this.#reader.read(end);
    if (again.length > 0) return again;
    throw new SallyportError('verify_failed', `record ${this.#reader.next} of ${this.#writer} cannot be read`, { hint: 'run `sallyport audit verify`' });
  }

  /** Where the oldest segment begins later than here, what lay before it was deleted. */
  async #skipDeleted(): Promise<void> {
    const oldest = (await listSegments(join(this.#logs.folder, this.#writer))).find(({ header }) => header)?.header?.tree.size;
    if (oldest === undefined || oldest <= this.#reader.next) return;
    await this.#reader.close();
    this.#reader = this.#logs.reader(this.#writer, oldest);
  }
}

class JournalRecord implements SinkRecord {
  readonly #frame: Frame;
  #leaf: Leaf | undefined;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  get index(): number {
    return this.#frame.index;
  }

  get leafBytes(): Buffer {
    return this.#frame.leaf;
  }

  get frame(): Buffer {
    return this.#frame.bytes;
  }

  get leaf(): Leaf {
    return (this.#leaf ??= leafOf(this.#frame));
  }
}
