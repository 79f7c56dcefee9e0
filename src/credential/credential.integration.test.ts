import assert from 'node:assert/strict';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { explainError, isSallyportError } from '../core/error.ts';
import type { CredentialSpec } from '../core/credential-spec.ts';
import { createCredentials, type ResolvedCredential } from './credential.ts';
import { createSecretReader, type Environment } from './secret-reader.ts';

const ENV = { TOKEN: 'hunter2', EMPTY: '', BAD: 'a\r\nx-evil: 1' };

const USE = { target: 'lab' };
const readCredential = (spec: CredentialSpec, env: Environment = ENV): Promise<ResolvedCredential> =>
  createCredentials({ secrets: createSecretReader({ env }) }).read(spec, USE);

async function headersOf(spec: CredentialSpec, env: Environment = ENV): Promise<readonly (readonly [string, string])[]> {
  const resolved = await readCredential(spec, env);
  assert.ok(resolved.kind === 'headers');
  return resolved.headers.map(([name, secret]) => [name, secret.reveal()]);
}

async function fileOf(context: TestContext, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-credential-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'secret');
  await writeFile(file, content, { mode: 0o600 });
  return file;
}

test('each kind of credential becomes its header, or the environment of a child', async () => {
  assert.deepEqual(await headersOf({ bearer: { env: 'TOKEN' } }), [['authorization', 'Bearer hunter2']]);
  assert.deepEqual(await headersOf({ header: { name: 'X-Api-Key', value: { env: 'TOKEN' } } }), [['x-api-key', 'hunter2']]);
  assert.deepEqual(await headersOf({ basic: { user: 'ann', password: { env: 'TOKEN' } } }), [
    ['authorization', `Basic ${Buffer.from('ann:hunter2').toString('base64')}`],
  ]);
  const child = await readCredential({ env: { API_KEY: { env: 'TOKEN' }, __proto__2: { env: 'TOKEN' } } }, ENV);
  assert.ok(child.kind === 'env');
  assert.equal(child.env['API_KEY']?.reveal(), 'hunter2');
});

test('a resolved credential prints nothing of its secret', async () => {
  const resolved: ResolvedCredential = await readCredential({ bearer: { env: 'TOKEN' } }, ENV);
  for (const printed of [inspect(resolved, { depth: 9, showHidden: true }), JSON.stringify(resolved), String(resolved.kind === 'headers' && resolved.headers)])
    assert.doesNotMatch(printed, /hunter2/);
});

test('an absent, empty or broken source is refused by name, never by value', async () => {
  for (const [name, message] of [
    ['ABSENT', /variable ABSENT is not set/],
    ['EMPTY', /variable EMPTY is empty/],
    ['BAD', /variable BAD holds/],
    ['constructor', /variable constructor is not set/],
  ] as const) {
    await assert.rejects(readCredential({ bearer: { env: name } }, ENV), (error) => {
      assert.ok(isSallyportError(error, 'credential_missing'));
      assert.match(error.message, message);
      assert.doesNotMatch(explainError(error) + inspect(error), /evil|hunter2/);
      return true;
    });
  }
  await assert.rejects(readCredential({ bearer: { file: '/nowhere/secret' } }), { code: 'credential_missing', message: /\/nowhere\/secret/ });
});

test('a header refuses characters that it could not carry; a child takes them', async () => {
  const env = { KEY: 'pässwörd☃' };
  await assert.rejects(readCredential({ bearer: { env: 'KEY' } }, env), /cannot carry/);
  const child = await readCredential({ env: { KEY: { env: 'KEY' } } }, env);
  assert.equal(child.kind === 'env' && child.env['KEY']?.reveal(), 'pässwörd☃');
  assert.deepEqual(await headersOf({ basic: { user: 'u', password: { env: 'KEY' } } }, env), [
    ['authorization', `Basic ${Buffer.from('u:pässwörd☃').toString('base64')}`],
  ]);
});

test('a file loses its last line break only, and is read again when it was changed or replaced', async (context) => {
  const file = await fileOf(context, 'one\n');
  const read = async (): Promise<string | undefined> => (await headersOf({ header: { name: 'k', value: { file } } }))[0]?.[1];
  assert.equal(await read(), 'one');
  assert.equal(await read(), 'one');
  await writeFile(file, 'two\r\n');
  assert.equal(await read(), 'two');
  await writeFile(`${file}.new`, 'six', { mode: 0o600 });
  await rename(`${file}.new`, file);
  assert.equal(await read(), 'six');
  await writeFile(file, 'a\nb\n');
  await assert.rejects(read(), /line break/);
  await rm(file);
  await assert.rejects(read(), { code: 'credential_missing' });
});

test('a file that others may read gives a warning, a private one none', async (context) => {
  const file = await fileOf(context, 'one');
  assert.deepEqual((await readCredential({ bearer: { file } })).warnings, []);
  await chmod(file, 0o644);
  const { warnings } = await readCredential({ bearer: { file } });
  assert.match(warnings[0] ?? '', /chmod 600/);
});

test('what is no ordinary file, or too big for a secret, is refused without reading it', async (context) => {
  await assert.rejects(readCredential({ bearer: { file: '/dev/zero' } }), { code: 'credential_missing', message: /not an ordinary file/ });
  await assert.rejects(readCredential({ bearer: { file: tmpdir() } }), { code: 'credential_missing', message: /not an ordinary file/ });
  const file = await fileOf(context, 'x'.repeat((64 << 10) + 1));
  await assert.rejects(readCredential({ bearer: { file } }), /too big/);
});
