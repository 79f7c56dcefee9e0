import { constants, fdatasync, write } from 'node:fs';
import { promisify } from 'node:util';

/** A file that only grows. Every method throws what the system reports; nothing is retried here. */
export interface DiskFile {
  /** Writes all of `bytes` at the end. */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when everything appended is on the device. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * On Linux a write is on the device when it returns, exactly as if `fdatasync` followed it (open(2)): one trip to the thread pool instead of
 * two. Elsewhere the flag may promise less than `fdatasync` does.
 */
export const WRITES_SYNC: boolean = process.platform === 'linux';
/** How a file is opened whose writes shall last. */
export const DURABLE: number = constants.O_WRONLY | (WRITES_SYNC ? constants.O_DSYNC : 0);

/** What was done to one file, and whether all of it would outlive a power cut. */
export class DurableWrites {
  readonly #fd: number;
  /** Whether something was done to the file that only `fdatasync` makes durable. */
  #unsynced = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Writes all of it; at the file's end where there is no position. */
  write(bytes: Uint8Array, position: number | null): Promise<void> {
    this.#unsynced ||= !WRITES_SYNC;
    return writeAll(this.#fd, bytes, position);
  }

  /** For what the flag does not cover. */
  changed(): void {
    this.#unsynced = true;
  }

  async sync(): Promise<void> {
    if (!this.#unsynced) return;
    await dataSync(this.#fd);
    this.#unsynced = false;
  }
}

const dataSync = promisify(fdatasync);

/** A write may be short without being an error (a disk about to be full): the rest is written, and then fails by itself. */
function writeAll(fd: number, bytes: Uint8Array, position: number | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (from: number): void => {
      write(fd, bytes, from, bytes.byteLength - from, position === null ? null : position + from, (error, written) => {
        if (error) reject(error);
        else if (from + written < bytes.byteLength) next(from + written);
        else resolve();
      });
    };
    next(0);
  });
}
