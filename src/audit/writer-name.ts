import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { newId } from '../core/id.ts';
import { parseVerifiers, type NoteVerifier } from './note.ts';
import { listSegments, listWriters } from './segment.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The name that this journal folder's writer was given when it was first opened: its log goes on after a restart. */
export async function writerName(folder: string): Promise<string> {
  const path = join(folder, 'writer');
  if (!(await stat(path).catch(() => undefined))) await makeName(path);
  return checkWriterName((await readFile(path, 'utf8')).trim());
}

/** Written aside and then renamed, so that a crash leaves no name that is cut short. The folder is locked: nobody else makes one. */
async function makeName(path: string): Promise<void> {
  const aside = `${path}.new`;
  await writeFile(aside, `w-${newId().slice(-12).toLowerCase()}\n`, { mode: 0o600, flush: true });
  await rename(aside, path);
}

/** A writer's name is a folder's name and part of its checkpoints' origin. */
export function checkWriterName(name: string): string {
  if (NAME.test(name)) return name;
  throw new SallyportError('config_invalid', `${JSON.stringify(name.slice(0, 80))} is no name for a writer`, {
    hint: 'letters, digits, dots, dashes and underscores, 64 at most',
  });
}

/** Whether anything was ever recorded in this folder. */
export async function hasLog(folder: string): Promise<boolean> {
  for (const writer of await listWriters(folder)) {
    if ((await listSegments(join(folder, writer))).length > 0) return true;
  }
  return false;
}

/** All keys that this installation signed with. */
export async function readVerifiers(keysFolder: string): Promise<readonly NoteVerifier[]> {
  return parseVerifiers(await readFile(join(keysFolder, 'checkpoint.pub'), 'utf8'));
}
