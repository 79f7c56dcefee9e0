import { constants } from 'node:fs';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeEvent } from '../core/event.ts';
import { openJournal } from './journal.ts';
import { generateSignerText, parseSigner, verifierText } from './note.ts';

export interface RotateOptions {
  /** The data folder's `journal/`. */
  readonly folder: string;
  /** The data folder's `keys/`. */
  readonly keysFolder: string;
  readonly now?: () => Date;
}

/**
 * Makes a new key that signs checkpoints. The gateway must not run: throws `conflict` while it holds the folder. The old key signs one last
 * checkpoint, over the event that names the new one; its public key stays in `checkpoint.pub` for what it signed. Ended at any place it may be run again.
 * Returns the line of the new public key.
 */
export async function rotateKey({ folder, keysFolder, now = () => new Date() }: RotateOptions): Promise<string> {
  const journal = await openJournal({ folder, keysFolder, now });
  const path = join(keysFolder, 'checkpoint.key');
  const next = `${path}.next`;
  let line = '';
  try {
    const old = parseSigner(await readFile(path, 'utf8'));
    const text = generateSignerText(old.name);
    line = verifierText(parseSigner(text));
    await replace(next, text, 0o600);
    const known = await readFile(join(keysFolder, 'checkpoint.pub'), 'utf8');
    const aside = join(keysFolder, 'checkpoint.pub.next');
    await replace(aside, `${known.trimEnd()}\n${line}`, 0o644);
    await rename(aside, join(keysFolder, 'checkpoint.pub'));
    await journal.append(makeEvent('key.rotated', { note: `checkpoints are signed with ${line.trim()} from here on` }, now()));
  } finally {
    await journal.close();
  }
  await rename(next, path);
  const directory = await open(keysFolder, 'r');
  await directory.sync().finally(() => directory.close());
  return line;
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
