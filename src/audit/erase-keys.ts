import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import type { WrappedKey } from './data-keys.ts';
import { listWriters } from './segment.ts';
import { unlessMissing } from './unless-missing.ts';

/**
 * Overwrites these sessions' data keys with spaces, in every key file of a journal folder, and resolves when that is on the disk. Lines keep their
 * place and length: the file that is being written may be among them. May be run again: what is gone already is passed over.
 */
export async function eraseKeys(folder: string, sessions: ReadonlySet<string>): Promise<number> {
  let erased = 0;
  if (sessions.size === 0) return erased;
  for (const writer of await listWriters(folder)) {
    const names = await readdir(join(folder, writer));
    for (const name of names.filter((each) => each.endsWith('.keys'))) erased += await eraseFrom(join(folder, writer, name), sessions);
  }
  return erased;
}

async function eraseFrom(path: string, sessions: ReadonlySet<string>): Promise<number> {
  // Retention may have deleted it meanwhile.
  const file = await open(path, 'r+').catch(unlessMissing);
  if (!file) return 0;
  try {
    return await eraseLines(file, path, sessions);
  } finally {
    await file.close();
  }
}

async function eraseLines(file: FileHandle, path: string, sessions: ReadonlySet<string>): Promise<number> {
  const bytes = await file.readFile();
  let erased = 0;
  for (let from = 0, end = bytes.indexOf(0x0a); end >= 0; from = end + 1, end = bytes.indexOf(0x0a, from)) {
    if (!isOf(bytes.subarray(from, end).toString(), path, sessions)) continue;
    await file.write(Buffer.alloc(end - from, ' '), 0, end - from, from);
    erased += 1;
  }
  if (erased > 0) await file.sync();
  return erased;
}

function isOf(line: string, path: string, sessions: ReadonlySet<string>): boolean {
  if (line.trim() === '') return false;
  try {
    // Our own format: a line that is none is damage, and hides which session it was of.
    return sessions.has((JSON.parse(line) as WrappedKey).session);
  } catch (cause) {
    throw new SallyportError('verify_failed', `${path} holds a line that is no key`, { cause, hint: 'run `sallyport audit verify`' });
  }
}
