/** The recording key wrapped by a key server: what is on the disk opens nothing, and without the server nothing begins. */
import assert from 'node:assert/strict';
import { chmod, copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { freePort } from '../../test/support/listen.ts';
import { startVault, type TestVault } from '../../test/support/vault.ts';
import { explainError, isSallyportError } from '../core/error.ts';
import { rotateKey, rotateRecordingKey } from './key-rotation.ts';
import type { KeyWrapping } from './key-wrapping.ts';
import { openJournal } from './open-journal.ts';
import { readRecordingKeys, wrapRecordingKeys, type RecordingKeys } from './recording-keys.ts';
import { readSession } from './replay.ts';
import { testDeps } from './sinks/testing.ts';
import { aBody, anEvent, dataFolder, SESSION, type DataFolder } from './testing.ts';
import { vaultWrapping, type VaultSettings } from './vault.ts';

interface Wrapped {
  readonly data: DataFolder;
  readonly vault: TestVault;
  readonly wrapping: KeyWrapping;
  with(settings: Partial<VaultSettings>, token?: string): KeyWrapping;
}

async function wrapped(t: TestContext): Promise<Wrapped> {
  const data = await dataFolder(t);
  const vault = await startVault();
  t.after(() => vault.close());
  const make = (settings: Partial<VaultSettings>, token = vault.token): KeyWrapping => {
    const wrapping = vaultWrapping(
      { url: vault.url, mount: 'transit', key: 'sallyport', token: { env: 'VAULT_TOKEN' }, timeoutMs: 5000, ...settings },
      testDeps({ VAULT_TOKEN: token }),
    );
    t.after(() => wrapping.close());
    return wrapping;
  };
  return { data, vault, wrapping: make({}), with: make };
}

async function record({ data, wrapping }: Pick<Wrapped, 'data'> & { readonly wrapping?: KeyWrapping }, text: string): Promise<void> {
  const journal = await data.open(wrapping ? { wrapping } : {});
  await journal.append(anEvent(), [aBody(text)]);
  await journal.close();
}

async function said(data: DataFolder, recording: RecordingKeys): Promise<readonly (string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for await (const { bodies } of readSession({ folder: data.journal, recording, session: SESSION })) found.push(...bodies.map(({ text }) => text));
  return found;
}

test('a new gateway’s recording key is wrapped before it is kept: the folder holds no key, and what is recorded is read with the server', async (t) => {
  const all = await wrapped(t);
  await record(all, 'first');
  await record(all, 'second');
  assert.deepEqual(await said(all.data, await readRecordingKeys(all.data.keys, all.wrapping)), ['first', 'second']);
  assert.deepEqual((await readdir(all.data.keys)).toSorted(), ['checkpoint.key', 'checkpoint.pub', 'recording.key.wrapped']);
  const path = join(all.data.keys, 'recording.key.wrapped');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.match(await readFile(path, 'utf8'), /^\{"by":"the key sallyport in transit of http:\/\/127\.0\.0\.1:\d+","wrapped":"vault:v1:[^"]+"\}\n$/);
  assert.equal((await all.data.verify()).ok, true, 'verification asks for no key');
  assert.ok(all.vault.requests.every(({ status }) => status === 200));
});

test('a key server that is away, sealed, refuses or has another key: nothing begins, no key is made, and it is said why', async (t) => {
  const all = await wrapped(t);
  await record(all, 'first');
  const before = await readFile(join(all.data.keys, 'recording.key.wrapped'));
  const cases: readonly (readonly [KeyWrapping, RegExp, RegExp])[] = [
    [all.with({ url: `http://127.0.0.1:${await freePort()}` }), /it cannot be reached/, /when the key server answers/],
    [all.with({}, 'hvs.wrong'), /refuses \(HTTP 403\)/, /check the token/],
    [all.with({ key: 'other' }), /HTTP 400/, /another key/],
    [all.with({ mount: 'elsewhere' }), /no such engine or key/, /mount/],
  ];
  for (const [wrapping, message, hint] of cases) {
    await assert.rejects(all.data.open({ wrapping }), (error) => {
      assert.ok(isSallyportError(error, 'credential_missing'));
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
      assert.ok(!(explainError(error) + inspect(error)).includes(all.vault.token));
      return true;
    });
  }
  all.vault.isSealed = true;
  await assert.rejects(all.data.open({ wrapping: all.wrapping }), /is sealed/);
  const elsewhere = await dataFolder(t);
  await assert.rejects(elsewhere.open({ wrapping: all.wrapping }), /is sealed/);
  assert.deepEqual(await readdir(elsewhere.keys), []);
  all.vault.isSealed = false;
  assert.deepEqual(await readFile(join(all.data.keys, 'recording.key.wrapped')), before);
  await record(all, 'second');
  assert.deepEqual(await said(all.data, await readRecordingKeys(all.data.keys, all.wrapping)), ['first', 'second']);
});

test('what the server wrapped opens with the configured key only: without it, or beside an unwrapped one, the gateway does not start', async (t) => {
  const all = await wrapped(t);
  await record(all, 'first');
  await assert.rejects(all.data.open(), { code: 'config_invalid', message: /is wrapped by the key sallyport/ });
  await assert.rejects(rotateRecordingKey({ folder: all.data.journal, keysFolder: all.data.keys }), { code: 'config_invalid' });

  const plain = await dataFolder(t);
  await record({ data: plain }, 'unwrapped');
  await assert.rejects(plain.open({ wrapping: all.wrapping }), { code: 'config_invalid', message: /lies there as it is/ });
  await copyFile(join(plain.keys, 'recording.key'), join(all.data.keys, 'recording.key'));
  await chmod(join(all.data.keys, 'recording.key'), 0o600);
  await assert.rejects(all.data.open({ wrapping: all.wrapping }), { code: 'config_invalid' });
  await assert.rejects(wrapRecordingKeys(all.data.keys, all.wrapping), { code: 'config_invalid', message: /is not what recording\.key\.wrapped holds/ });
});

test('a wrapped key that was changed, cut or put in from elsewhere does not open', async (t) => {
  const all = await wrapped(t);
  await record(all, 'first');
  const path = join(all.data.keys, 'recording.key.wrapped');
  const text = await readFile(path, 'utf8');
  const foreign = await all.with({}).wrap(Buffer.alloc(32));
  for (const changed of [
    text.replace(/vault:v1:(.)/, (_, letter: string) => `vault:v1:${letter === 'A' ? 'B' : 'A'}`),
    text.replace('vault:v1:', 'vault:v2:'),
    text.slice(0, 40),
    '{}',
    `${JSON.stringify({ by: 'x', wrapped: 'http://elsewhere' })}\n`,
  ]) {
    await writeFile(path, changed);
    await assert.rejects(all.data.open({ wrapping: all.wrapping }), (error) => isSallyportError(error));
  }
  await writeFile(path, `${JSON.stringify({ by: 'x', wrapped: foreign })}\n`);
  const recording = await readRecordingKeys(all.data.keys, all.wrapping);
  await assert.rejects(said(all.data, recording), { code: 'verify_failed', message: /another gateway key/ });
  await writeFile(path, text);
  assert.deepEqual(await said(all.data, await readRecordingKeys(all.data.keys, all.wrapping)), ['first']);
});

test('an unwrapped key is wrapped once and destroyed, and everything recorded before still opens', async (t) => {
  const all = await wrapped(t);
  await record({ data: all.data }, 'before');
  const bytes = await readFile(join(all.data.keys, 'recording.key'));
  for (let round = 0; round < 2; round += 1) await wrapRecordingKeys(all.data.keys, all.wrapping);
  assert.ok(!(await readdir(all.data.keys)).includes('recording.key'));
  for (const name of await readdir(all.data.keys)) assert.equal((await readFile(join(all.data.keys, name))).includes(bytes), false);
  await record(all, 'after');
  assert.deepEqual(await said(all.data, await readRecordingKeys(all.data.keys, all.wrapping)), ['before', 'after']);
});

test('rotation there: what is kept is wrapped by the newest version, and the old version may then be shut', async (t) => {
  const all = await wrapped(t);
  await record(all, 'first');
  all.vault.rotate();
  await record(all, 'second');
  await wrapRecordingKeys(all.data.keys, all.wrapping);
  assert.match(await readFile(join(all.data.keys, 'recording.key.wrapped'), 'utf8'), /"vault:v2:/);
  all.vault.minDecryptionVersion = 2;
  assert.deepEqual(await said(all.data, await readRecordingKeys(all.data.keys, all.wrapping)), ['first', 'second']);
  all.vault.minDecryptionVersion = 3;
  await assert.rejects(all.data.open({ wrapping: all.wrapping }), { code: 'credential_missing', message: /HTTP 400/ });
});

for (const kind of ['wrapped', 'as a file'] as const) {
  test(`rotation here, the key ${kind}: a new recording key seals from here on, the old ones open what they sealed, and the log says so`, async (t) => {
    const all = await wrapped(t);
    const wrapping = kind === 'wrapped' ? all.wrapping : undefined;
    const place = { folder: all.data.journal, keysFolder: all.data.keys, ...(wrapping ? { wrapping } : {}) };
    await record({ data: all.data, ...(wrapping ? { wrapping } : {}) }, 'first');
    const old = await readRecordingKeys(all.data.keys, wrapping);
    const open = await all.data.open(wrapping ? { wrapping } : {});
    await assert.rejects(rotateRecordingKey(place), { code: 'conflict' });
    await open.close();
    const id = await rotateRecordingKey(place);
    await rotateKey(place);
    const journal = await openJournal({ ...place, writer: 'w1' });
    await journal.append(anEvent(), [aBody('second')]);
    await journal.close();
    const recording = await readRecordingKeys(all.data.keys, wrapping);
    assert.deepEqual([recording.current.id, recording.all.length], [id, 2]);
    assert.deepEqual(await said(all.data, recording), ['first', 'second']);
    await assert.rejects(said(all.data, old), { code: 'verify_failed' });
    assert.deepEqual((await all.data.verify()).problems, []);
  });
}

test('the namespace goes along, and the host is checked like every other', async (t) => {
  const all = await wrapped(t);
  await all.with({ namespace: 'team-a' }).wrap(Buffer.alloc(32));
  assert.equal(all.vault.requests.at(-1)?.namespace, 'team-a');
  const guarded = vaultWrapping(
    { url: 'https://169.254.169.254', mount: 'transit', key: 'k', token: { env: 'VAULT_TOKEN' }, timeoutMs: 5000 },
    { ...testDeps({ VAULT_TOKEN: 'x' }), mayReach: () => false },
  );
  t.after(() => guarded.close());
  await assert.rejects(guarded.wrap(Buffer.alloc(32)), { code: 'credential_missing', message: /cannot be reached/ });
});
