import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { smallDisk } from '../../test/support/small-disk.ts';
import { until } from '../../test/support/until.ts';
import { LogFile } from './log-file.ts';

const KIB = 1 << 10;
const LONG = 600 * KIB;

async function inFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-log-file-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'file');
}

/** Bytes that are not zero and tell their place. */
function pieces(count: number, size: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.alloc(size, 1 + (i % 255)));
}

test('a short file has no room ahead', async (t) => {
  const path = await inFolder(t);
  const file = await LogFile.create(path);
  for (const piece of pieces(10, 100)) await file.append(piece);
  assert.equal((await stat(path)).size, 1000);
  await file.close();
  assert.equal((await stat(path)).size, 1000);
});

test('a long file ends in zeros while it is written, whatever is appended stands where it belongs, and the zeros are cut at the end', async (t) => {
  if (process.platform !== 'linux') return;
  const path = await inFolder(t);
  const file = await LogFile.create(path);
  const first = Buffer.alloc(LONG, 7);
  await file.append(first);
  await until('room', async () => ((await stat(path)).size > LONG ? true : undefined));
  // Sizes around the room's, and some that leave it at once: zeros that are being laid must not come down on any of them.
  const rest = [...pieces(3000, 700), ...pieces(40, 70 * KIB), ...pieces(3, 2048 * KIB), ...pieces(200, 5000)];
  for (const piece of rest) await file.append(piece);
  await file.sync();
  const wanted = Buffer.concat([first, ...rest]);
  const written = await readFile(path);
  assert.ok(written.subarray(0, wanted.length).equals(wanted));
  assert.ok(written.subarray(wanted.length).every((byte) => byte === 0));
  await file.close();
  assert.ok((await readFile(path)).equals(wanted));
});

test('what is cut back is gone, room and all, and the next record stands there', async (t) => {
  const path = await inFolder(t);
  const file = await LogFile.create(path);
  await file.append(Buffer.alloc(LONG, 7));
  await file.truncate(LONG - 10);
  await file.sync();
  assert.equal((await stat(path)).size, LONG - 10);
  await file.append(Buffer.from('next'));
  await file.close();
  assert.equal((await readFile(path)).subarray(-5).toString('latin1'), '\u0007next');
});

test('a disk without room for room takes records as long as there is any, and then says so', async (t) => {
  const disk = await smallDisk(t, 4);
  const path = join(disk.path, 'file');
  const file = await LogFile.create(path);
  const piece = Buffer.alloc(10 * KIB, 7);
  let written = 0;
  const fill = async (): Promise<void> => {
    for (;;) {
      await file.append(piece);
      written += piece.length;
    }
  };
  await assert.rejects(fill(), { code: 'ENOSPC' });
  assert.ok(written > 2048 * KIB, `${written} bytes were taken`);
  await file.truncate(written);
  await file.close();
  const left = await readFile(path);
  assert.equal(left.length, written);
  assert.ok(left.every((byte) => byte === 7));
});

test('a file that exists is not made anew', async (t) => {
  const path = await inFolder(t);
  await (await LogFile.create(path)).close();
  await assert.rejects(LogFile.create(path), { code: 'EEXIST' });
});
