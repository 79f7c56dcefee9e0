import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { newId } from '../core/id.ts';

const BYTES = 32;

/** A key of this installation: 32 random bytes in a file of mode 0600, made once. Replicas share the folder. */
export async function installationKey(folder: string, name: string): Promise<Uint8Array> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.key`);
  await makeOnce(path);
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64');
  if (key.length !== BYTES)
    throw new SallyportError('config_invalid', `${path} does not hold ${BYTES} bytes in base64`, {
      hint: 'restore it from a backup: what it sealed cannot be opened without it',
    });
  return key;
}

/** Written aside and then linked: a crash or a second process never leaves half a key under the name. */
async function makeOnce(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return;
  const aside = `${path}.${newId()}`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(BYTES).toString('base64')}\n`);
    await file.sync();
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await file.close();
    await unlink(aside);
  }
}
