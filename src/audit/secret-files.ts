import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { unlessMissing } from './unless-missing.ts';

/** Undefined where it is missing. Throws `config_invalid` where a secret one is open to everybody. */
export async function readIfThere(path: string, mode = 0o600): Promise<Buffer | undefined> {
  return readSecretFile(path, mode).catch(unlessMissing);
}

/** Two processes may start at once: one of them wins, with a whole file. Returns what is there then. */
export async function publish(folder: string, name: string, bytes: Uint8Array, mode = 0o600): Promise<Buffer> {
  const path = join(folder, name);
  const draft = await writeDraft(path, bytes, mode);
  try {
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await unlink(draft);
  }
  await syncFolder(folder);
  return readFile(path);
}

/** The new content, or the old: never a part, and never none. */
export async function replaceFile(folder: string, name: string, bytes: Uint8Array, mode = 0o600): Promise<void> {
  const path = join(folder, name);
  await rename(await writeDraft(path, bytes, mode), path);
  await syncFolder(folder);
}

/** Its bytes first, then its name. On a file system that copies on write older bytes may survive. */
export async function destroyFile(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size), 0, size, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await unlink(path);
  await syncFolder(folder);
}

async function writeDraft(path: string, bytes: Uint8Array, mode: number): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
    return draft;
  } catch (error) {
    await unlink(draft);
    throw error;
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  await directory.sync().finally(() => directory.close());
}

async function readSecretFile(path: string, mode: number): Promise<Buffer> {
  const { mode: actual } = await stat(path);
  if ((mode & 0o044) === 0 && (actual & 0o007) !== 0) {
    throw new SallyportError('config_invalid', `${path} can be read by every user of this machine`, {
      hint: `chmod 600 ${path}, and think about replacing the key`,
    });
  }
  return readFile(path);
}
