import type { WrappedKey } from './data-keys.ts';
import type { Disk, DiskFile } from './disk.ts';
import { encodeHeader, keysPath, segmentPath, type SegmentHeader, type SegmentPlace } from './segment.ts';

/** The segment that is being written, and its key file. After a call has thrown it is only good to be abandoned. */
export class SegmentWriter {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #place: SegmentPlace;
  readonly #file: DiskFile;
  #keys: DiskFile | undefined;
  readonly #head: number;
  #bytes: number;

  private constructor(disk: Disk, folder: string, place: SegmentPlace, file: DiskFile, bytes: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#place = place;
    this.#file = file;
    this.#head = bytes;
    this.#bytes = bytes;
  }

  /** A new segment whose name and head are durable. */
  static async create(disk: Disk, folder: string, header: SegmentHeader): Promise<SegmentWriter> {
    const path = segmentPath(folder, header.sequence);
    const file = await disk.createLog(path);
    const head = encodeHeader(header);
    try {
      await file.append(head);
      await file.sync();
      await disk.syncFolder(folder);
      return new SegmentWriter(disk, folder, { path, sequence: header.sequence }, file, head.length);
    } catch (error) {
      await file.close().catch(() => {});
      await disk.remove(path).catch(() => {});
      throw error;
    }
  }

  get place(): SegmentPlace {
    return this.#place;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the records are on the disk, and before them the keys that they need. */
  async commit(records: Buffer, newKeys: readonly WrappedKey[]): Promise<void> {
    if (newKeys.length > 0) await this.#writeKeys(newKeys);
    await this.#file.append(records);
    await this.#file.sync();
    this.#bytes += records.length;
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#keys?.close();
  }

  /**
   * After a failure. Nothing behind the last good commit counts; it is cut away where the disk still allows it, and where it does not,
   * readers see by the next segment's first record (`recorder.gap`) that it was never acknowledged. A segment without records goes.
   */
  async abandon(): Promise<'kept' | 'removed'> {
    await this.#file.truncate(this.#bytes).catch(() => {});
    await this.close().catch(() => {});
    if (this.#bytes > this.#head) return 'kept';
    try {
      await this.#disk.remove(this.#place.path);
      if (this.#keys) await this.#disk.remove(keysPath(this.#place.path));
      return 'removed';
    } catch {
      return 'kept';
    }
  }

  async #writeKeys(newKeys: readonly WrappedKey[]): Promise<void> {
    const isFirst = this.#keys === undefined;
    this.#keys ??= await this.#disk.create(keysPath(this.#place.path));
    await this.#keys.append(Buffer.from(newKeys.map((key) => `${JSON.stringify(key)}\n`).join('')));
    await this.#keys.sync();
    if (isFirst) await this.#disk.syncFolder(this.#folder);
  }
}
