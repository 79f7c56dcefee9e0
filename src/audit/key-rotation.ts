import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeEvent } from '../core/event.ts';
import { openJournal } from './open-journal.ts';
import type { KeyWrapping } from './key-wrapping.ts';
import { generateSignerText, parseSigner, verifierText } from './note.ts';
import { addRecordingKey } from './recording-keys.ts';
import { replaceFile } from './secret-files.ts';

export interface RotateOptions {
  /** The data folder's `journal/`. */
  readonly folder: string;
  /** The data folder's `keys/`. */
  readonly keysFolder: string;
  /** What wraps the recording keys. */
  readonly wrapping?: KeyWrapping;
  readonly now?: () => Date;
}

/**
 * Makes a new key that signs checkpoints. The gateway must not run: throws `conflict` while it holds the folder. The old key signs one last
 * checkpoint, over the event that names the new one; its public key stays in `checkpoint.pub` for what it signed. Ended at any place it may be run again.
 * Returns the line of the new public key.
 */
export async function rotateKey({ folder, keysFolder, wrapping, now = () => new Date() }: RotateOptions): Promise<string> {
  const journal = await openJournal({ folder, keysFolder, now, ...(wrapping ? { wrapping } : {}) });
  const path = join(keysFolder, 'checkpoint.key');
  const next = `${path}.next`;
  let line = '';
  try {
    const old = parseSigner(await readFile(path, 'utf8'));
    const text = generateSignerText(old.name);
    line = verifierText(parseSigner(text));
    await replaceFile(keysFolder, 'checkpoint.key.next', Buffer.from(text));
    const known = await readFile(join(keysFolder, 'checkpoint.pub'), 'utf8');
    await replaceFile(keysFolder, 'checkpoint.pub', Buffer.from(`${known.trimEnd()}\n${line}`), 0o644);
    await journal.append(makeEvent('key.rotated', { note: `checkpoints are signed with ${line.trim()} from here on` }, now()));
  } finally {
    await journal.close();
  }
  await rename(next, path);
  const directory = await open(keysFolder, 'r');
  await directory.sync().finally(() => directory.close());
  return line;
}

/**
 * Begins a new recording key, which wraps data keys from here on; the old ones stay for what they wrapped. The gateway must not run: throws `conflict`
 * while it holds the folder. Returns the id of the new key.
 */
export async function rotateRecordingKey({ folder, keysFolder, wrapping, now = () => new Date() }: RotateOptions): Promise<string> {
  const journal = await openJournal({ folder, keysFolder, now, ...(wrapping ? { wrapping } : {}) });
  try {
    const { current } = await addRecordingKey(keysFolder, wrapping);
    await journal.append(makeEvent('key.rotated', { note: `payloads are sealed under recording key ${current.id} from here on` }, now()));
    return current.id;
  } finally {
    await journal.close();
  }
}
