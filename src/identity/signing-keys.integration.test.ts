import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import { isSallyportError } from '../core/error.ts';
import { openSigningKeys } from './signing-keys.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

const keyFile = async (alg: string, createdAt: string): Promise<string> =>
  JSON.stringify({ createdAt, key: await exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey) });

test('a first key is made once, for its owner’s eyes only, and stays', async () => {
  const [first, second] = await Promise.all([openSigningKeys(join(folder, 'keys')), openSigningKeys(join(folder, 'keys'))]);
  const again = await openSigningKeys(join(folder, 'keys'));
  assert.equal(first.current.kid, second.current.kid);
  assert.equal(first.current.kid, again.current.kid);
  assert.deepEqual(await readdir(join(folder, 'keys')), ['first.key.json']);
  assert.equal((await stat(join(folder, 'keys', 'first.key.json'))).mode & 0o777, 0o600);
  assert.equal((await stat(join(folder, 'keys'))).mode & 0o777, 0o700);
});

test('the newest key signs, older ones still verify', async () => {
  const old = await openSigningKeys(folder);
  await writeFile(join(folder, 'next.key.json'), await keyFile('ES256', '2199-01-01T00:00:00.000Z'), { mode: 0o600 });
  const rotated = await openSigningKeys(folder);
  assert.equal(rotated.current.algorithm, 'ES256');
  assert.equal(rotated.find('EdDSA', old.current.kid).kind, 'found');
  assert.equal(rotated.find('EdDSA', 'another').kind, 'unknown');
  assert.equal(rotated.find('EdDSA', undefined).kind, 'unknown');
});

test('the public keys hold nothing private', async () => {
  const { publicKeys } = await openSigningKeys(folder);
  const { key } = JSON.parse(await readFile(join(folder, 'first.key.json'), 'utf8')) as { key: { d: string } };
  assert.ok(!JSON.stringify(publicKeys).includes(key.d));
  assert.deepEqual(Object.keys(publicKeys[0] ?? {}).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});

test('a key file that others can read, that is damaged or of another kind stops the start', async () => {
  await openSigningKeys(folder);
  await chmod(join(folder, 'first.key.json'), 0o640);
  await assert.rejects(openSigningKeys(folder), (error) => isSallyportError(error, 'config_invalid') && error.hint?.startsWith('chmod 600') === true);
  await chmod(join(folder, 'first.key.json'), 0o600);
  for (const text of ['', '{}', 'not json', await keyFile('ES384', '2199-01-01T00:00:00.000Z')]) {
    await writeFile(join(folder, 'bad.key.json'), text, { mode: 0o600 });
    await assert.rejects(openSigningKeys(folder), (error) => isSallyportError(error, 'config_invalid'), text.slice(0, 10));
  }
});
