import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { localDisk, type DiskFile } from './disk.ts';

async function inFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-disk-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The flags with which this process holds a file open; octal in proc_pid_fdinfo(5). */
async function flagsOf(path: string): Promise<number> {
  for (const fd of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${fd}`).catch(() => '')) !== path) continue;
    return Number.parseInt(/^flags:\s+(\d+)$/m.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8);
  }
  throw new Error(`${path} is not open`);
}

const opened: readonly (readonly [name: string, open: (path: string) => Promise<DiskFile>, flags: number])[] = [
  ['a new file', (path) => localDisk.create(path), constants.O_DSYNC | constants.O_APPEND],
  ['an existing file', (path) => localDisk.extend(path), constants.O_DSYNC | constants.O_APPEND],
  ['a file that grows long', (path) => localDisk.createLog(path), constants.O_DSYNC],
];

for (const [name, open, wanted] of opened) {
  test(`${name}: what is appended stands at the end, and on Linux a write returns when it is on the device`, async (t) => {
    const path = join(await inFolder(t), 'file');
    const file = await open(path);
    await file.append(Buffer.from('one '));
    await file.append(Buffer.from('two'));
    await file.sync();
    await file.truncate(4);
    await file.sync();
    await file.append(Buffer.from('three'));
    await file.sync();
    if (process.platform === 'linux') assert.equal((await flagsOf(path)) & wanted, wanted);
    await file.close();
    assert.equal(await readFile(path, 'utf8'), 'one three');
  });
}

test('a file that exists is not made anew', async (t) => {
  const path = join(await inFolder(t), 'file');
  await (await localDisk.create(path)).close();
  await assert.rejects(localDisk.create(path), { code: 'EEXIST' });
});
