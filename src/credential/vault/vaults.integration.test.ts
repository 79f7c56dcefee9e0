import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { startSecretsVault, type TestSecretsVault, type VaultLogins } from '../../../test/support/vault-secrets.ts';
import { until } from '../../../test/support/until.ts';
import type { VaultSource } from '../../core/credential-spec.ts';
import { explainError } from '../../core/error.ts';
import { createSecretReader } from '../secret-reader.ts';
import type { VaultAuth, VaultSettings } from './vault-settings.ts';
import { createVaults } from './vaults.ts';

const SECRET = 'canary-vault-4711';
const source = (path: string, more: Partial<VaultSource> = {}): VaultSource => ({ mount: 'secret', path, field: 'token', engine: 2, ...more });

interface Lab {
  readonly vault: TestSecretsVault;
  readonly time: { now: number };
  reader(auth: VaultAuth, more?: Partial<VaultSettings>): ReturnType<typeof createVaults>;
}

async function lab(context: TestContext, logins: VaultLogins = {}): Promise<Lab> {
  const vault = await startSecretsVault(logins);
  context.after(() => vault.close());
  const time = { now: 1_000_000 };
  const env = { VAULT_TOKEN: vault.rootToken, SECRET_ID: 'canary-secret-id', JWT: 'canary-jwt' };
  const local = createSecretReader({ env });
  return {
    vault,
    time,
    reader: (auth, more = {}) =>
      createVaults({
        settings: [{ name: 'main', address: vault.url, auth, refreshMs: 60_000, ...more }],
        readLine: async (one) => (await local.read(one)).value,
        now: () => time.now,
      }),
  };
}

const TOKEN: VaultAuth = { kind: 'token', token: { env: 'VAULT_TOKEN' } };
const missing = (message: RegExp) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, 'credential_missing');
  assert.match(explainError(error), message);
  assert.doesNotMatch(explainError(error) + inspect(error), /canary|hvs\./);
  return true;
};

test('a field is read from both versions of the engine, and a version may be named', async (context) => {
  const { vault, reader } = await lab(context);
  vault.put('secret/models', { token: 'old' });
  vault.put('secret/models', { token: SECRET });
  vault.put('kv1/models', { token: 'of engine one' });
  const vaults = reader(TOKEN);
  assert.equal(await vaults.read(source('models')), SECRET);
  assert.equal(await vaults.read(source('models', { version: 1 })), 'old');
  assert.equal(await vaults.read(source('models', { mount: 'kv1', engine: 1 })), 'of engine one');
});

test('what is not there, is no text, or may not be read is refused by name, never by value', async (context) => {
  const { vault, reader } = await lab(context);
  vault.put('secret/models', { token: SECRET, number: 1 });
  await assert.rejects(reader(TOKEN).read(source('nothing')), missing(/there is no secret secret\/nothing in the Vault main/));
  await assert.rejects(reader(TOKEN).read(source('models', { field: 'password' })), missing(/no field password/));
  await assert.rejects(reader(TOKEN).read(source('models', { field: 'number' })), missing(/no field number/));
  await assert.rejects(reader(TOKEN).read(source('models', { field: 'constructor' })), missing(/no field constructor/));
  await assert.rejects(
    reader({ kind: 'token', token: { env: 'JWT' } }).read(source('models')),
    missing(/does not give the secret secret\/models \(HTTP 403\)/),
  );
  await assert.rejects(reader(TOKEN).read(source('models', { server: 'other' })), missing(/no Vault other/));
  await assert.rejects(reader({ kind: 'token', token: { env: 'ABSENT' } }).read(source('models')), missing(/ABSENT is not set/));
});

test('the gateway logs in by AppRole, Kubernetes and JWT, once for many secrets, and refused where the proof is another', async (context) => {
  const { vault, reader } = await lab(context, {
    appRole: { roleId: 'gateway', secretId: 'canary-secret-id' },
    jwt: { kubernetes: { role: 'sallyport', jwt: 'canary-jwt' }, 'jwt/ci': { role: 'sallyport', jwt: 'canary-jwt' } },
  });
  vault.put('secret/a', { token: SECRET });
  vault.put('secret/b', { token: SECRET });
  const ways: readonly VaultAuth[] = [
    { kind: 'app-role', mount: 'approle', roleId: 'gateway', secretId: { env: 'SECRET_ID' } },
    { kind: 'jwt', mount: 'kubernetes', role: 'sallyport', jwt: { env: 'JWT' } },
    { kind: 'jwt', mount: 'jwt/ci', role: 'sallyport', jwt: { env: 'JWT' } },
  ];
  for (const auth of ways) {
    const before = vault.logins;
    const vaults = reader(auth);
    assert.deepEqual(await Promise.all([vaults.read(source('a')), vaults.read(source('b'))]), [SECRET, SECRET]);
    assert.equal(vault.logins, before + 1, auth.kind);
  }
  await assert.rejects(
    reader({ kind: 'app-role', mount: 'approle', roleId: 'gateway', secretId: { env: 'JWT' } }).read(source('a')),
    missing(/refused the login of the gateway \(HTTP 400\)/),
  );
  await assert.rejects(reader({ kind: 'jwt', mount: 'kubernetes', role: 'other', jwt: { env: 'JWT' } }).read(source('a')), missing(/refused the login/));
});

test('a login is renewed before its end, and at once where the Vault does not know it any more', async (context) => {
  const { vault, time, reader } = await lab(context, { appRole: { roleId: 'gateway', secretId: 'canary-secret-id' } });
  vault.put('secret/a', { token: SECRET });
  vault.tokenSeconds = 300;
  const vaults = reader({ kind: 'app-role', mount: 'approle', roleId: 'gateway', secretId: { env: 'SECRET_ID' } }, { refreshMs: 1000 });
  await vaults.read(source('a'));
  time.now += 100_000;
  await vaults.read(source('a'));
  assert.equal(vault.logins, 1);
  time.now += 120_000;
  await vaults.read(source('a'));
  assert.equal(vault.logins, 2);
  vault.revokeLogins();
  time.now += 10_000;
  assert.equal(await vaults.read(source('a')), SECRET);
  assert.equal(vault.logins, 3);
});

test('a secret is kept for its time, then renewed without anybody waiting; a refusal of the target has it read at once', async (context) => {
  const { vault, time, reader } = await lab(context);
  vault.put('secret/a', { token: 'one' });
  const vaults = reader(TOKEN);
  const read = () => vaults.read(source('a'));
  assert.equal(await read(), 'one');
  vault.put('secret/a', { token: 'two' });
  assert.deepEqual(await Promise.all([read(), read(), read()]), ['one', 'one', 'one']);
  assert.equal(vault.requests.length, 1);
  time.now += 61_000;
  assert.equal(await read(), 'one');
  await until('the new value', async () => ((await read()) === 'two' ? true : undefined));
  assert.equal(vault.requests.length, 2);

  vault.put('secret/a', { token: 'three' });
  time.now += 5000;
  vaults.forget(source('a'));
  assert.equal(await read(), 'three');
  vault.put('secret/a', { token: 'four' });
  vaults.forget(source('a'));
  assert.equal(await read(), 'three', 'a target that refuses everything does not make the gateway hammer the Vault');
});

test('a shorter lease is kept to', async (context) => {
  const { vault, time, reader } = await lab(context);
  vault.leaseSeconds = 10;
  vault.put('kv1/a', { token: 'one' });
  const vaults = reader(TOKEN);
  const at = source('a', { mount: 'kv1', engine: 1 });
  await vaults.read(at);
  vault.put('kv1/a', { token: 'two' });
  time.now += 25_000;
  assert.equal(await vaults.read(at), 'two');
});

test('while the Vault is away what was read last serves for a while and no longer; a secret that is gone serves nobody', async (context) => {
  const { vault, time, reader } = await lab(context);
  vault.put('secret/a', { token: 'one' });
  const vaults = reader(TOKEN);
  const read = () => vaults.read(source('a'));
  await read();
  vault.isSealed = true;
  time.now += 5 * 60_000;
  assert.equal(await read(), 'one');
  time.now += 6 * 60_000;
  await assert.rejects(read(), missing(/HTTP 503/));
  vault.isSealed = false;
  time.now += 5000;
  assert.equal(await read(), 'one');
  vault.remove('secret/a');
  time.now += 3 * 60_000;
  await assert.rejects(read(), missing(/there is no secret/));
});

test('a namespace is named with each request', async (context) => {
  const { vault, reader } = await lab(context, { appRole: { roleId: 'gateway', secretId: 'canary-secret-id' } });
  vault.namespace = 'team/a';
  vault.put('secret/a', { token: SECRET });
  const auth: VaultAuth = { kind: 'app-role', mount: 'approle', roleId: 'gateway', secretId: { env: 'SECRET_ID' } };
  assert.equal(await reader(auth, { namespace: 'team/a' }).read(source('a')), SECRET);
  await assert.rejects(reader(auth, { namespace: 'team/b' }).read(source('a')), missing(/HTTP 404/));
});

test('a proof in a file is read for each login', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-vault-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'token');
  await writeFile(file, 'stale', { mode: 0o600 });
  const { vault, time, reader } = await lab(context, { jwt: { kubernetes: { role: 'sallyport', jwt: 'fresh-token' } } });
  vault.put('secret/a', { token: SECRET });
  const vaults = reader({ kind: 'jwt', mount: 'kubernetes', role: 'sallyport', jwt: { file } });
  await assert.rejects(vaults.read(source('a')), missing(/refused the login/));
  await writeFile(file, 'fresh-token');
  time.now += 5000;
  assert.equal(await vaults.read(source('a')), SECRET);
});
