import { join } from 'node:path';
import type { RecentFrames, RecentRecords } from './recent-records.ts';
import { listSegments, type Segment, type SegmentPlace } from './segment.ts';
import type { Frame } from './frame.ts';
import { SegmentReader } from './segment-reader.ts';

/**
 * Reads one writer's records in order, from any index on, while it is being written or after; what retention deleted is passed over. Trusts what it reads (frames in files have their CRC, those in memory never left it):
 * whether it is what was signed is `verifyLog`'s business.
 */
export class LogReader {
  readonly #folder: string;
  readonly #recent: RecentRecords | undefined;
  #next: number;
  #segment: SegmentPlace | undefined;
  /** Where in it `read` goes on; undefined at its beginning. */
  #offset: number | undefined;
  #reader: SegmentReader | undefined;
  /** Read, and behind the limit of that time. */
  #surplus: readonly Frame[] = [];

  /** `recent`: of whoever writes this log, where that is this process. */
  constructor(folder: string, writer: string, from: number, recent?: RecentRecords) {
    this.#folder = join(folder, writer);
    this.#next = from;
    this.#recent = recent;
  }

  /** Index of the record that `read` gives next. */
  get next(): number {
    return this.#next;
  }

  /** Path of the segment that the last records came from. */
  get segment(): string {
    return this.#segment?.path ?? '';
  }

  /** The next complete records with an index below `limit`; none where there is none yet. */
  async read(limit = Number.POSITIVE_INFINITY): Promise<readonly Frame[]> {
    while (this.#next < limit) {
      const found = await this.#readSome(limit);
      if (found !== 'skipped') return found;
    }
    return [];
  }

  /** `skipped`: retention deleted what stood here, and the next index is behind it. */
  async #readSome(limit: number): Promise<readonly Frame[] | 'skipped'> {
    const recent = this.#surplus.length === 0 ? this.#recent?.read(this.#next) : undefined;
    if (recent) return this.#takeRecent(recent, limit);
    // Looked at anew each time: a segment that failed may end in records that were never acknowledged, and its successor begins where it counts.
    const segments = (await listSegments(this.#folder, this.#segment?.sequence)).filter(({ header }) => header);
    const at = segments.findLastIndex(({ header }) => header && header.tree.size <= this.#next);
    const segment = segments[at];
    if (!segment) return [];
    if (segment.hashes !== undefined) return this.#skip((segment.header?.tree.size ?? 0) + segment.hashes);
    if (!this.#reader || segment.path !== this.#segment?.path) await this.#open(segment);
    return this.#take(Math.min(limit, segments[at + 1]?.header?.tree.size ?? limit));
  }

  async close(): Promise<void> {
    await this.#closeFile();
    this.#segment = undefined;
    this.#offset = undefined;
    this.#surplus = [];
  }

  async #closeFile(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  async #takeRecent({ frames, segment }: RecentFrames, limit: number): Promise<readonly Frame[]> {
    await this.#closeFile();
    const wanted = frames.filter(({ index }) => index < limit);
    const last = wanted.at(-1);
    if (!last) return [];
    this.#segment = segment;
    this.#offset = last.offset + last.size;
    this.#next = last.index + 1;
    return wanted;
  }

  async #skip(end: number): Promise<readonly Frame[] | 'skipped'> {
    await this.close();
    // Where the hashes end before their successor begins, something is wrong: whoever reads sees that it does not go on.
    if (end <= this.#next) return [];
    this.#next = end;
    return 'skipped';
  }

  async #open(segment: Segment): Promise<void> {
    const offset = segment.path === this.#segment?.path ? this.#offset : undefined;
    await this.close();
    this.#reader = await SegmentReader.open(segment.path, offset ?? segment.body);
    this.#segment = segment;
  }

  async #take(end: number): Promise<readonly Frame[]> {
    for (;;) {
      const frames = this.#surplus.length > 0 ? this.#surplus : ((await this.#reader?.read()) ?? []);
      const wanted = frames.filter(({ index }) => index >= this.#next && index < end);
      this.#surplus = frames.filter(({ index }) => index >= end);
      const last = wanted.at(-1);
      if (last) this.#next = last.index + 1;
      if (last || this.#surplus.length > 0 || frames.length === 0) return wanted;
    }
  }
}
