import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SallyportError } from '../core/error.ts';

const MAX_BYTES = 16 << 20;
const MAX_COPIES = 100;

/** What is in somebody's file; empty where there is none. */
export async function readOwnFile(file: string): Promise<string> {
  const info = await stat(file).catch(() => undefined);
  if (!info) return '';
  if (!info.isFile() || info.size > MAX_BYTES) throw new SallyportError('conflict', `${file} is left as it is: it is no file that can be added to`);
  return readFile(file, 'utf8');
}

/** Replaces the file in one step and keeps what it was beside it. The name of the copy; undefined where there was no file. */
export async function replaceFile(file: string, text: string): Promise<string | undefined> {
  // Of a link the file behind it is meant: whoever keeps their settings elsewhere goes on doing so.
  const path = await realpath(file).catch(() => file);
  const info = await stat(path).catch(() => undefined);
  await mkdir(dirname(path), { recursive: true });
  const copy = info && (await copyBeside(path));
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, text, { mode: info ? info.mode & 0o777 : 0o600, flag: 'wx' });
    if (info) await chmod(draft, info.mode & 0o777);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return copy;
}

/** Never over an earlier copy. */
async function copyBeside(path: string): Promise<string> {
  for (let number = 0; number < MAX_COPIES; number += 1) {
    const copy = `${path}.backup${number === 0 ? '' : `-${number}`}`;
    try {
      await copyFile(path, copy, constants.COPYFILE_EXCL);
      return copy;
    } catch (error) {
      // What went wrong otherwise is the caller's to hear.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new SallyportError('conflict', `${path} is left as it is: there are ${MAX_COPIES} copies of it already`, { hint: `remove some of ${path}.backup*` });
}
