import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';

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

async function makeOnce(path: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(`${randomBytes(BYTES).toString('base64')}\n`);
    await file.sync();
    await file.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
