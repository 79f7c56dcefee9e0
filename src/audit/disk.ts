import { close, constants, fdatasync, fsync, ftruncate, mkdir, open, unlink, write } from 'node:fs';
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

/** The operations that make things durable, as one parameter: tests let them fail as a full or a broken disk does. */
export interface Disk {
  /** A new file, readable by its owner alone; throws EEXIST where there is one. */
  create(path: string): Promise<DiskFile>;
  /** An existing file, or a new one. */
  extend(path: string): Promise<DiskFile>;
  makeFolder(path: string): Promise<void>;
  /** Makes the folder's list of names durable: a new file is lost without it. */
  syncFolder(path: string): Promise<void>;
  remove(path: string): Promise<void>;
}

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);
const dataSync = promisify(fdatasync);
const fullSync = promisify(fsync);
const makeFolder = promisify(mkdir);
const removeFile = promisify(unlink);

/**
 * On Linux a write is on the device when it returns, exactly as if `fdatasync` followed it (open(2)): one trip to the thread pool instead of
 * two. Elsewhere the flag may promise less than `fdatasync` does.
 */
const WRITES_SYNC = process.platform === 'linux';
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (WRITES_SYNC ? constants.O_DSYNC : 0);

export const localDisk: Disk = {
  create: async (path) => diskFile(await openFile(path, APPEND | constants.O_EXCL, 0o600)),
  extend: async (path) => diskFile(await openFile(path, APPEND, 0o600)),
  makeFolder: async (path) => {
    await makeFolder(path, { recursive: true, mode: 0o700 });
  },
  syncFolder: async (path) => {
    const fd = await openFile(path, 'r');
    await fullSync(fd).finally(() => closeFile(fd));
  },
  remove: removeFile,
};

function diskFile(fd: number): DiskFile {
  /** Whether something was done to the file that only `fdatasync` makes durable. */
  let unsynced = false;
  return {
    append: (bytes) => {
      unsynced ||= !WRITES_SYNC;
      return writeAll(fd, bytes);
    },
    sync: async () => {
      if (!unsynced) return;
      await dataSync(fd);
      unsynced = false;
    },
    truncate: (size) => {
      unsynced = true;
      return truncateFile(fd, size);
    },
    close: () => closeFile(fd),
  };
}

/** A write may be short without being an error (a disk about to be full): the rest is written, and then fails by itself. */
function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (from: number): void => {
      write(fd, bytes, from, bytes.byteLength - from, null, (error, written) => {
        if (error) reject(error);
        else if (from + written < bytes.byteLength) next(from + written);
        else resolve();
      });
    };
    next(0);
  });
}
