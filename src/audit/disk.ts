import { close, constants, fsync, ftruncate, mkdir, open, unlink } from 'node:fs';
import { promisify } from 'node:util';
import { DURABLE, DurableWrites, type DiskFile } from './disk-file.ts';
import { LogFile } from './log-file.ts';

export type { DiskFile };

/** The operations that make things durable, as one parameter: tests let them fail as a full or a broken disk does. */
export interface Disk {
  /** A new file, readable by its owner alone; throws EEXIST where there is one. */
  create(path: string): Promise<DiskFile>;
  /** As `create`, for a file that grows long; it may end in zeros until it is closed. */
  createLog(path: string): Promise<DiskFile>;
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
const fullSync = promisify(fsync);
const makeFolder = promisify(mkdir);
const removeFile = promisify(unlink);

const APPEND = DURABLE | constants.O_CREAT | constants.O_APPEND;

export const localDisk: Disk = {
  create: async (path) => diskFile(await openFile(path, APPEND | constants.O_EXCL, 0o600)),
  createLog: (path) => LogFile.create(path),
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
  const writes = new DurableWrites(fd);
  return {
    append: (bytes) => writes.write(bytes, null),
    sync: () => writes.sync(),
    truncate: (size) => {
      writes.changed();
      return truncateFile(fd, size);
    },
    close: () => closeFile(fd),
  };
}
