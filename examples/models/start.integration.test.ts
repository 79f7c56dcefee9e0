import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSallyportError } from '../../src/core/error.ts';
import { freePort } from '../../test/support/listen.ts';
import { demoFiles } from './resources.ts';
import { startDemo } from './start.ts';

test('a second start on the same data is refused, and leaves the files of the first as they are', async () => {
  const data = await mkdtemp(join(tmpdir(), 'sallyport-demo-'));
  const start = async () => startDemo({ data, port: await freePort(), print: () => {} });
  const first = await start();
  try {
    const { config, target, tokenFile } = demoFiles(data);
    const read = () => Promise.all([config, target, tokenFile].map((file) => readFile(file, 'utf8')));
    const before = await read();
    await assert.rejects(start(), (error) => isSallyportError(error, 'conflict') && /is in use by process/.test(error.message));
    assert.deepEqual(await read(), before);
  } finally {
    await first.close();
  }
  const again = await start();
  await again.close();
  await rm(data, { recursive: true });
});
