/** A local account that an operator removes while the gateway runs: what it has without a sign-in that is still there, ends as well. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { signIn } from '../../test/support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../../test/support/gateway.ts';
import { freePort } from '../../test/support/listen.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { callRaw } from '../../test/support/raw.ts';
import { until } from '../../test/support/until.ts';
import { startWorkbench, type Workbench } from '../../test/support/workbench.ts';
import { openAccounts, type Accounts } from '../identity/accounts.ts';
import { openStorage, type Storage } from '../storage/storage.ts';

const password = randomBytes(12).toString('hex');
const accountOf = (name: string, kind: 'person' | 'workload') => ({ name, kind, groups: ['staff'], password });

let server: TestPostgres | undefined;
let workbench: Workbench;
let gateway: GatewayProcess;
let port: number;
/** The database as the command line opens it beside the gateway. */
let storage: Storage;
let accounts: Accounts;

before(async () => {
  const serverPort = await freePort();
  server = await startPostgres(['listen_addresses=127.0.0.1', `port=${serverPort}`]);
  assert.ok(server, 'the PostgreSQL server is not installed: apt-get install postgresql');
  [workbench, port] = [await startWorkbench(), await freePort()];
  const shop = { name: 'shop', protocol: 'postgres', address: `postgres://127.0.0.1:${serverPort}/postgres`, tls: { mode: 'disable' } };
  gateway = await startGatewayProcess({
    accounts: [accountOf('ci', 'workload'), accountOf('nightly', 'workload'), accountOf('ann', 'person'), accountOf('bob', 'person')],
    listen: { postgres: `127.0.0.1:${port}` },
    env: { SHOP_PASSWORD: 'not asked for' },
    resources: [
      { kind: 'Target', name: 'bench', protocol: 'mcp', address: workbench.url },
      { kind: 'Target', ...shop, credential: { login: { user: 'sallyport', password: { env: 'SHOP_PASSWORD' } } } },
      { kind: 'Policy', name: 'bench', targets: ['bench'], rules: [{ name: 'all', subjects: ['group:staff'], allow: ['tools/call *'] }] },
      { kind: 'Policy', name: 'shop', targets: ['shop'], rules: [{ name: 'all', subjects: ['group:staff'], allow: ['read'] }] },
    ],
  });
  storage = await openStorage({ url: join(gateway.folder, 'data', 'sallyport.db') });
  accounts = openAccounts(storage, { recorder: { append: () => Promise.reject(new Error('nothing is recorded here')) } });
});

after(async () => {
  await storage?.close();
  await gateway?.stop();
  await workbench?.close();
  await server?.stop();
});

/** By HTTP Basic: it comes through no sign-in. */
async function tokenOf(name: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const headers = { 'content-type': 'application/json', authorization };
  const reply = await fetch(`${gateway.url}/api/token`, { method: 'POST', headers, body: '{"target":"bench"}' });
  assert.equal(reply.status, 200);
  return ((await reply.json()) as { token: string }).token; // the API's own shape
}

const statusOf = async (token: string): Promise<number> => (await callRaw(gateway.endpoint('bench'), token, 'echo', { value: 'x' })).status;

test('a token that came by HTTP Basic ends with its account, and one of an account that is made anew is accepted', async () => {
  const [mine, others] = [await tokenOf('ci'), await tokenOf('nightly')];
  assert.deepEqual([await statusOf(mine), await statusOf(others)], [200, 200]);
  assert.ok(await accounts.remove('ci'));
  await until('the token to be refused', async () => ((await statusOf(mine)) === 401 ? true : undefined));
  assert.equal(await statusOf(others), 200, 'nobody else’s');

  await accounts.create(accountOf('ci', 'workload'));
  // Tokens say when they were issued in whole seconds: one of the second of the removal is none.
  await until('a token of the new account', async () => ((await statusOf(await tokenOf('ci'))) === 200 ? true : undefined));
  assert.equal(await statusOf(mine), 401, 'what was the other’s stays ended');
});

interface Login {
  readonly user: string;
  readonly password: string;
}

/** A session that runs, whose sign-in has expired and is forgotten since. */
async function openSession(name: string): Promise<{ readonly client: Client; readonly login: Login; readonly ended: Promise<unknown> }> {
  const api = await signIn(gateway.url, name, password);
  const reply = await api.raw('database-logins', { method: 'POST', body: '{"target":"shop"}' });
  assert.equal(reply.status, 200, await reply.clone().text());
  const { user, password: secret } = (await reply.json()) as Login; // the API's own shape
  const login = { user, password: secret };
  const client = new Client({ host: '127.0.0.1', port, database: 'shop', ...login });
  const ended = once(client, 'error');
  // The connection that breaks afterwards is an error as well.
  client.on('error', () => {});
  await client.connect();
  await storage.db.deleteFrom('sign_ins').where('subject', '=', name).execute();
  assert.equal((await client.query('select 1 as one')).rowCount, 1);
  return { client, login, ended };
}

test('a database session whose sign-in has expired ends with its account, and its password opens none', async () => {
  const [ann, bob] = [await openSession('ann'), await openSession('bob')];
  assert.ok(await accounts.remove('ann'));
  const [error] = (await ann.ended) as [Error];
  assert.match(error.message, /ann is no longer active/);
  assert.equal((await bob.client.query('select 1 as one')).rowCount, 1, 'nobody else’s');
  await bob.client.end();

  await accounts.create(accountOf('ann', 'person'));
  await assert.rejects(new Client({ host: '127.0.0.1', port, database: 'shop', ...ann.login }).connect(), /no longer active|authentication failed/);
});
