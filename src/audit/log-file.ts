import { close, constants, ftruncate, open } from 'node:fs';
import { promisify } from 'node:util';
import { DURABLE, DurableWrites, WRITES_SYNC, type DiskFile } from './disk-file.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);

/** A file that has grown so long gets room ahead, so much at a time, when less than half of that is left. Most never grow so long. */
const ROOM = 512 << 10;
const ZEROS = Buffer.alloc(ROOM);

/**
 * A file that only grows, into room that is laid ahead. To make a longer file durable takes a commit of the file system's own journal beside the
 * write; to write over zeros that are on the device takes the write alone. Zeros behind the last record are nothing to a reader, and `close` cuts them.
 */
export class LogFile implements DiskFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #writes: DurableWrites;
  /** Opened once more: the system tells of a lost write once for each opening, and whoever appends must hear of what was appended. */
  #layer: number | undefined;
  #laying: Promise<void> | undefined;
  /** Where the next record goes. */
  #end = 0;
  /** Where the zeros end, or where those begin that are being laid. */
  #room = 0;
  #canLay = WRITES_SYNC;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
    this.#writes = new DurableWrites(fd);
  }

  /** A new one, readable by its owner alone; throws EEXIST where there is one. */
  static async create(path: string): Promise<LogFile> {
    return new LogFile(path, await openFile(path, DURABLE | constants.O_CREAT | constants.O_EXCL, 0o600));
  }

  async append(bytes: Uint8Array): Promise<void> {
    const end = this.#end + bytes.byteLength;
    // Zeros must not come down on a record.
    if (end > this.#room) await this.#laying;
    await this.#writes.write(bytes, this.#end);
    this.#end = end;
    if (this.#canLay && end >= ROOM && end + ROOM / 2 > this.#room) this.#laying ??= this.#lay(Math.max(end, this.#room));
  }

  sync(): Promise<void> {
    return this.#writes.sync();
  }

  async truncate(size: number): Promise<void> {
    await this.#laying;
    this.#writes.changed();
    await truncateFile(this.#fd, size);
    this.#end = size;
    this.#room = size;
  }

  async close(): Promise<void> {
    await this.#laying;
    // Zeros that could not be cut are no records either.
    if (this.#layer !== undefined) await truncateFile(this.#fd, this.#end).catch(() => {});
    if (this.#layer !== undefined) await closeFile(this.#layer);
    await closeFile(this.#fd);
  }

  /** Beside the commits. Where it fails (a full disk), records find out for themselves whether there is room. Never throws. */
  async #lay(from: number): Promise<void> {
    this.#room = from;
    try {
      this.#layer ??= await openFile(this.#path, DURABLE);
      await new DurableWrites(this.#layer).write(ZEROS, from);
      this.#room = from + ROOM;
    } catch {
      this.#canLay = false;
    } finally {
      this.#laying = undefined;
    }
  }
}
