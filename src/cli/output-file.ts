import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { SallyportError } from '../core/error.ts';

/** A file that is there in full or not at all: it is written beside its place, and takes it at the end. */
export interface OutputFile {
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  /** Nothing is left behind, and what stood there before still does. */
  abandon(): Promise<void>;
}

export async function createOutputFile(path: string): Promise<OutputFile> {
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  const file = await open(partial, 'wx', 0o600).catch((cause: unknown) => {
    throw new SallyportError('usage', `${path} cannot be written`, { cause, hint: 'name a file in a folder that is there, and that you may write to' });
  });
  return {
    write: (bytes) => file.writeFile(bytes),
    finish: async () => {
      await file.sync();
      await file.close();
      await rename(partial, path);
    },
    abandon: async () => {
      await file.close().catch(() => {});
      await rm(partial, { force: true });
    },
  };
}
