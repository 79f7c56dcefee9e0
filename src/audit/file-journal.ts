import { setImmediate } from 'node:timers/promises';
import { explainError, SallyportError } from '../core/error.ts';
import { makeEvent, type Event } from '../core/event.ts';
import { Listeners } from '../core/listeners.ts';
import type { Body } from '../core/recorder.ts';
import { Batch } from './batch.ts';
import { CheckpointFile, type NewestNote } from './checkpoint-file.ts';
import { DataKeys } from './data-keys.ts';
import type { Disk } from './disk.ts';
import type { AuditKeys } from './key-files.ts';
import type { FolderLock } from './lock.ts';
import { verifierText } from './note.ts';
import { RecentRecords } from './recent-records.ts';
import type { Recovered } from './recover.ts';
import type { RecordingKeys } from './recording-keys.ts';
import type { Journal, JournalOptions } from './journal.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { Tree } from './tree.ts';

const MIB = 1 << 20;
/** Longest that a commit is put off for others to join it, and how short a turn of the loop is in which nothing was left to do; milliseconds. */
const GATHER_MS = 2;
const QUIET_MS = 0.06;
/** So many of those in a row: whoever is answered on another processor is heard of in between. */
const QUIET_TURNS = 16;

/** A journal's options with what was found, and taken, in its folders. */
interface Opened extends JournalOptions {
  readonly disk: Disk;
  readonly now: () => Date;
  readonly keys: AuditKeys;
  readonly writer: string;
  readonly logFolder: string;
  readonly origin: string;
  readonly lock: FolderLock;
  readonly recovered: Recovered;
}

/** What was refused since recording failed. */
interface Gap {
  readonly since: string;
  readonly cause: string;
  readonly first: string;
  refused: number;
}

/** Commits batch after batch to the newest segment, and signs. */
export class FileJournal implements Journal {
  readonly folder: string;
  readonly writer: string;
  readonly origin: string;
  readonly publicKey: string;
  readonly recording: RecordingKeys;
  readonly cutBytes: number;
  readonly recent: RecentRecords = new RecentRecords();
  readonly #opened: Opened;
  readonly #keys: DataKeys;
  readonly #tree: Tree;
  readonly #checkpoints: CheckpointFile;
  readonly #timer: NodeJS.Timeout;
  readonly #watchers: Listeners;
  #sequence: number;
  #segment: SegmentWriter | undefined;
  #batch: Batch;
  #spare: Buffer | undefined;
  #inFlightBytes = 0;
  #inFlightEvents = 0;
  /** When the first event of the gathering batch came. */
  #firstAt = 0;
  /** Events of the last commit. Where it had one, nobody is likely to join the next: over one connection a call would wait in vain, twice. */
  #shared = 0;
  #running: Promise<void> | undefined;
  #gap: Gap | undefined;
  #closing: Promise<void> | undefined;

  constructor(opened: Opened) {
    const { recovered, keys, writer, disk, logFolder, origin } = opened;
    this.folder = opened.folder;
    this.writer = writer;
    this.origin = origin;
    this.publicKey = verifierText(keys.checkpoint);
    this.recording = keys.recording;
    this.cutBytes = recovered.cutBytes;
    this.#opened = opened;
    this.#watchers = new Listeners(opened.report);
    this.#keys = new DataKeys(writer, keys.recording.current);
    this.#tree = recovered.tree;
    this.#sequence = recovered.sequence;
    this.#checkpoints = new CheckpointFile({ disk, folder: logFolder, origin, signer: keys.checkpoint, newest: recovered.newest });
    this.#batch = this.#newBatch(0, 'new-segment');
    this.#timer = setInterval(() => this.#tick(), opened.checkpointEveryMs ?? 2000);
    this.#timer.unref();
  }

  get position(): number {
    return this.#tree.size;
  }

  get waiting(): Journal['waiting'] {
    return { events: this.#inFlightEvents + this.#batch.count, bytes: this.#inFlightBytes + this.#batch.bytes.length };
  }

  get newest(): NewestNote | undefined {
    return this.#checkpoints.newest;
  }

  async append(event: Event, bodies: readonly Body[] = []): Promise<void> {
    if (this.#closing) throw new SallyportError('record_failed', 'the journal is closed', { hint: 'the gateway is stopping' });
    if (this.#inFlightBytes + this.#batch.bytes.length > (this.#opened.pendingBytes ?? 256 * MIB)) {
      this.#opened.observer?.failed(1);
      throw new SallyportError('record_failed', 'the journal is behind: too much waits for the disk', {
        hint: 'slow down, or give the data folder a faster disk',
      });
    }
    if (this.#gap && this.#batch.count === 0) this.#batch.add(this.#gapEvent(this.#gap), []);
    if (this.#batch.count === 0) this.#firstAt = performance.now();
    this.#batch.add(event, bodies);
    const settled = this.#batch.settled(event.id);
    void this.#start();
    return settled;
  }

  watch(listener: () => void): () => void {
    return this.#watchers.add(listener);
  }

  async checkpoint(): Promise<void> {
    const before = this.newest;
    await this.#checkpoints.sign(this.#tree.size, this.#tree.root());
    if (this.newest !== before) this.#watchers.tell();
  }

  forget(sessions: Iterable<string>): void {
    for (const session of sessions) this.#keys.forget(session);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    try {
      while (this.#running) await this.#running;
      if (this.#gap) await this.#resume();
      await this.checkpoint();
    } finally {
      await this.#segment?.close();
      await this.#checkpoints.close();
      this.#opened.lock.release();
    }
  }

  #start(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Commits one batch after another; what arrives while one is on its way to the disk is the next. */
  async #run(): Promise<void> {
    for (;;) {
      if (this.#shared > 1 || this.#batch.count > 1) await this.#gather();
      const batch = this.#batch;
      if (batch.count === 0) {
        this.#running = undefined;
        return;
      }
      this.#shared = batch.count;
      this.#batch = this.#newBatch(batch.count, this.#isFull(batch) ? 'new-segment' : 'same-segment');
      this.#inFlightBytes = batch.bytes.length;
      this.#inFlightEvents = batch.count;
      await this.#commit(batch, this.#firstAt);
      this.#inFlightBytes = 0;
      this.#inFlightEvents = 0;
    }
  }

  /**
   * Whoever was just told of a commit may append at once, and so may requests that are being read: as long as the loop has other work, more
   * is likely to come, and all of it shares one trip to the disk. A loop that had nothing else to do several times in a row waits for nobody.
   */
  async #gather(): Promise<void> {
    const began = performance.now();
    for (let turn = began, count = -1, quiet = 0; ;) {
      const grew = count < this.#batch.count;
      count = this.#batch.count;
      await setImmediate();
      const now = performance.now();
      quiet = !grew && count === this.#batch.count && now - turn < QUIET_MS ? quiet + 1 : 0;
      if (now - began >= GATHER_MS || quiet >= QUIET_TURNS) return;
      turn = now;
    }
  }

  async #commit(batch: Batch, firstAt: number): Promise<void> {
    const begun = performance.now();
    try {
      if (batch.beginsSegment || !this.#segment) this.#segment = await this.#nextSegment();
      await this.#segment.commit(batch.bytes, batch.newKeys);
    } catch (error) {
      return this.#fail(batch, error);
    }
    const { place: segment, bytes: end } = this.#segment;
    this.recent.add({ first: this.#tree.size, records: batch.count, segment, offset: end - batch.bytes.length }, batch.bytes);
    for (const hash of batch.hashes) this.#tree.add(hash);
    this.#gap = undefined;
    batch.resolve();
    const now = performance.now();
    this.#opened.observer?.committed({ events: batch.count, bytes: batch.bytes.length, diskMs: now - begun, waitedMs: now - firstAt });
    this.#spare = batch.takeBuffer();
    this.#watchers.tell();
  }

  /** Ends the segment, under a checkpoint: whatever lies before the newest segment is always signed. */
  async #nextSegment(): Promise<SegmentWriter> {
    const { disk, logFolder, writer, now } = this.#opened;
    await this.checkpoint();
    await this.#segment?.close();
    this.#segment = undefined;
    const header = { writer, tree: this.#tree.state(), startedAt: now().toISOString() };
    for (;;) {
      try {
        return await SegmentWriter.create(disk, logFolder, { ...header, sequence: this.#sequence++ });
      } catch (error) {
        // The remains of one that could be neither written nor removed.
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        this.#sequence -= 1;
        throw error;
      }
    }
  }

  /** Final for the segment, for this batch and for those that wait behind it: whoever appended is told, and nothing is tried again on that file. */
  async #fail(batch: Batch, cause: unknown): Promise<void> {
    const waiting = this.#batch;
    const refused = [...batch.events, ...waiting.events];
    this.#gap ??= { since: this.#opened.now().toISOString(), cause: explainError(cause), first: refused[0] ?? '', refused: 0 };
    this.#gap.refused += refused.length;
    this.#opened.observer?.failed(refused.length);
    this.#batch = this.#newBatch(0, 'new-segment');
    const error = new SallyportError('record_failed', 'the event could not be recorded, so nothing goes on', {
      cause,
      hint: 'see that the disk of the data folder has room and is healthy',
    });
    this.#opened.report?.(error);
    batch.reject(error);
    waiting.reject(error);
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment && (await segment.abandon()) === 'removed') this.#sequence -= 1;
  }

  #gapEvent({ since, cause, first, refused }: Gap): Event {
    const note = `${refused} events from ${since} on were refused and are not recorded, the first ${first}: ${cause}`;
    return makeEvent('recorder.gap', { outcome: { status: 'record_failed' }, note }, this.#opened.now());
  }

  /** Tries to record the gap although nobody appends. */
  async #resume(): Promise<void> {
    if (!this.#gap || this.#running) return;
    if (this.#batch.count === 0) this.#batch.add(this.#gapEvent(this.#gap), []);
    await this.#start();
  }

  /** A checkpoint that cannot be written is tried again at the next tick; until then its events are `not yet covered`. */
  #tick(): void {
    const report = this.#opened.report ?? (() => {});
    this.#resume().catch(report);
    this.checkpoint().catch(report);
  }

  #isFull(batch: Batch): boolean {
    const before = batch.beginsSegment ? 0 : (this.#segment?.bytes ?? 0);
    return before + batch.bytes.length >= (this.#opened.segmentBytes ?? 64 * MIB);
  }

  #newBatch(after: number, place: 'new-segment' | 'same-segment'): Batch {
    const beginsSegment = place === 'new-segment';
    if (beginsSegment) this.#keys.clear();
    const buffer = this.#spare;
    this.#spare = undefined;
    return new Batch({ first: this.#tree.size + after, beginsSegment, writer: this.writer, keys: this.#keys, buffer });
  }
}
