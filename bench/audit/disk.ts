import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** How many writes of `bytes` a second this disk makes durable one after another, each with its own `fdatasync`: what no journal of one writer at a time exceeds. */
export async function syncsPerSecond(folder: string, { bytes, milliseconds }: { readonly bytes: number; readonly milliseconds: number }): Promise<number> {
  const path = join(folder, 'syncs');
  const file = await open(path, 'a');
  try {
    const block = Buffer.alloc(bytes, 'x');
    const started = performance.now();
    let count = 0;
    for (; performance.now() - started < milliseconds; count += 1) {
      await file.write(block);
      await file.datasync();
    }
    return count / ((performance.now() - started) / 1000);
  } finally {
    await file.close();
    await rm(path);
  }
}
