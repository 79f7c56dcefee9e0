import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installationKey } from './installation-keys.ts';

test('a key is made once, also by several at a time, and only its owner reads it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const keys = await Promise.all(Array.from({ length: 8 }, () => installationKey(folder, 'session')));
  assert.equal(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size, 1);
  assert.equal(keys[0]?.length, 32);
  assert.equal((await stat(join(folder, 'session.key'))).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(folder), ['session.key']);
  assert.deepEqual(await installationKey(folder, 'session'), keys[0]);
  assert.notDeepEqual(await installationKey(folder, 'approval'), keys[0]);
});

test('a key file that was cut short is refused and not replaced: what it sealed would be lost', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'session.key'), 'c2hvcnQ=\n');
  await assert.rejects(installationKey(folder, 'session'), /does not hold 32 bytes/);
});
