import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { localDisk } from '../disk.ts';

/** Written aside and renamed: a crash leaves the old text or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  const file = await open(aside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  await localDisk.syncFolder(dirname(path));
}
