/** An operator's gateway with a database behind it, and the command line as somebody uses it who wants to reach that database. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { freePort } from '../support/listen.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { ROOT } from './demo-gateway.ts';

const PASSWORD = 'a long enough password';
const CLI = join(ROOT, 'bin/sallyport');

let server: TestPostgres | undefined;
let certificates: Certificates;
let gateway: GatewayProcess;
let port: number;

before(async () => {
  const serverPort = await freePort();
  server = await startPostgres(['listen_addresses=127.0.0.1', `port=${serverPort}`]);
  const direct = new Client({ host: '127.0.0.1', port: serverPort, user: 'sallyport', database: 'postgres' });
  await direct.connect();
  await direct.query(`create table items (id serial, name text); insert into items (name) values ('first'); create table secrets (id int)`);
  await direct.end();
  certificates = await makeCertificates();
  port = await freePort();
  const { cert, key } = certificates;
  gateway = await startGatewayProcess({
    resources: [
      {
        kind: 'Target',
        name: 'shop',
        protocol: 'postgres',
        address: `postgres://127.0.0.1:${serverPort}/postgres`,
        tls: { mode: 'disable' },
        credential: { login: { user: 'sallyport', password: { env: 'SHOP_PASSWORD' } } },
        owners: ['group:owners'],
        record: { rows: 5 },
      },
      {
        kind: 'Policy',
        name: 'p',
        targets: ['shop'],
        rules: [{ name: 'read', subjects: ['group:staff'], allow: ['read', 'read:public.items', 'write:insert:public.items'] }],
      },
    ],
    listen: { postgres: `127.0.0.1:${port}` },
    config: { tls: { certificate: cert, key } },
    env: { SHOP_PASSWORD: 'not asked for' },
    accounts: [
      { name: 'ann', kind: 'person', groups: ['staff'], password: PASSWORD },
      { name: 'olga', kind: 'person', groups: ['owners'], password: PASSWORD },
    ],
  });
  for (const name of ['ann', 'olga'])
    assert.equal((await sallyport(name, ['login', '--url', gateway.url, '--account', '--name', name, '--password-stdin'], PASSWORD)).code, 0);
});
after(async () => {
  await gateway.stop();
  await certificates.remove();
  await server?.stop();
});

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Each in a home of its own. */
const envOf = (name: string): NodeJS.ProcessEnv => ({ ...process.env, SALLYPORT_HOME: join(gateway.folder, `home-${name}`), SALLYPORT_KEYRING: 'off' });

function sallyport(name: string, args: readonly string[], input = ''): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(CLI, args, { env: envOf(name), timeout: 120_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

test('connect runs a client as its caller, over TLS to the gateway, and ends with what it ended with', async () => {
  const ran = await sallyport('ann', ['connect', 'shop', '--ca', certificates.ca, '--', 'psql', '-XAt', '-c', 'select name from items']);
  assert.deepEqual(ran, { code: 0, stdout: 'first\n', stderr: '' });
  const refused = await sallyport('ann', [
    'connect',
    'shop',
    '--ca',
    certificates.ca,
    '--',
    'psql',
    '-XAt',
    '-v',
    'ON_ERROR_STOP=1',
    '-c',
    'select * from secrets',
  ]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /permission denied/);
  const absent = await sallyport('ann', ['connect', 'shop', '--', 'no-such-program']);
  assert.match(absent.stderr, /^error: no-such-program cannot be run\nhint: is it installed\?/);
});

test('a replay shows the rows that a target has recorded, a line each, and the search finds them', async () => {
  const select = `select id, name, 'needle-' || id as mark from items`;
  const ran = await sallyport('ann', ['connect', 'shop', '--ca', certificates.ca, '--', 'psql', '-XAt', '-c', select]);
  assert.equal(ran.stdout, '1|first|needle-1\n');
  const listed = JSON.parse((await sallyport('ann', ['sessions', 'list', '--json'])).stdout) as { readonly sessions: readonly { readonly id: string }[] };
  const replays = await Promise.all(listed.sessions.map(({ id }) => sallyport('ann', ['sessions', 'replay', id])));
  const replay = replays.find(({ stdout }) => stdout.includes('needle')) ?? assert.fail('no session has it');
  assert.match(replay.stdout, /^ {4}< {9}\["1", "first", "needle-1"\]$/m);
  const found = await until('the row in the search', async () => {
    const { stdout } = await sallyport('olga', ['audit', 'search', 'needle-1']);
    return stdout.includes('reply.received') ? stdout : undefined;
  });
  assert.match(found, /shop/);
});

test('what MCP clients are told is of MCP servers: a database is named as one, with its way in', async () => {
  const bridged = await sallyport('ann', ['mcp', 'bridge', 'shop']);
  assert.deepEqual(bridged, { code: 2, stdout: '', stderr: 'error: shop is no MCP server: its protocol is postgres\nhint: sallyport connect shop\n' });
  const config = await sallyport('ann', ['mcp', 'config', 'claude']);
  assert.deepEqual(config, { code: 1, stdout: '', stderr: 'error: no MCP server is in your reach\nhint: `sallyport whoami` names the targets in reach\n' });
  assert.match((await sallyport('ann', ['whoami'])).stdout, /^target +shop \(postgres\) sallyport connect shop$/m);
});

test('a certificate that is not trusted leads nowhere', async () => {
  const ran = await sallyport('ann', ['connect', 'shop', '--ca', certificates.otherCa, '--', 'psql', '-X', '-c', 'select 1']);
  assert.notEqual(ran.code, 0);
  assert.equal(ran.stdout, '');
});

test('connect without a program keeps a port open until it is told to stop, and the password is in a file of its own', async () => {
  const child = spawn(CLI, ['connect', 'shop', '--ca', certificates.ca], { env: envOf('ann'), stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const line = await firstLine(child);
    const [, passfile = '', local = '', user = ''] = /^PGPASSFILE='(.+)' psql 'host=127\.0\.0\.1 port=(\d+) user=(\S+) dbname=shop'$/.exec(line) ?? [];
    assert.equal((await stat(passfile)).mode & 0o777, 0o600);
    const psql = await new Promise<string>((resolve, reject) => {
      const env = { ...process.env, PGPASSFILE: passfile };
      execFile('psql', ['-XAt', '-c', 'select count(*) from items', `host=127.0.0.1 port=${local} user=${user} dbname=shop`], { env }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      );
    });
    assert.equal(psql, '1\n');
    child.kill('SIGTERM');
    await once(child, 'exit');
    assert.equal(child.exitCode, 0);
    await assert.rejects(stat(passfile));
  } finally {
    child.kill('SIGKILL');
  }
});

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return until('its line', () => (text.includes('\n') ? text.slice(0, text.indexOf('\n')) : undefined));
}

test('credentials open one target for a while, over TLS, to any client; logging out ends them, and what is open through them', async () => {
  const made = await sallyport('ann', ['credentials', 'shop', '--for', '10m', '--json']);
  const login = JSON.parse(made.stdout) as {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly expiresAt: string;
  };
  assert.equal(login.port, port);
  assert.ok(Math.abs(Date.parse(login.expiresAt) - Date.now() - 600_000) < 120_000);
  const connect = async (more: object = {}): Promise<string> => {
    const client = new Client({
      host: '127.0.0.1',
      port,
      user: login.user,
      password: login.password,
      database: 'shop',
      ssl: { rejectUnauthorized: false },
      ...more,
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<{ name: string }>('select name from items')).rows[0]?.name ?? '';
    } finally {
      await client.end();
    }
  };
  assert.equal(await connect(), 'first');
  await assert.rejects(connect({ password: `${login.password}x` }), { code: '28P01' });
  await assert.rejects(connect({ database: 'other' }));
  const held = new Client({ host: '127.0.0.1', port, user: login.user, password: login.password, database: 'shop', ssl: { rejectUnauthorized: false } });
  const said: string[] = [];
  held.on('error', (error) => said.push(error.message));
  await held.connect();
  await sallyport('ann', ['logout']);
  await until('the open session to end', () => (said.length > 0 ? true : undefined));
  assert.match(said[0] ?? '', /the sign-in that this came through has ended/);
  await assert.rejects(connect());
  assert.ok(!gateway.output().includes(login.password));
});

test('nobody gets credentials for what is out of reach, for longer than a working day, or without signing in', async () => {
  await sallyport('ann', ['login', '--url', gateway.url, '--account', '--name', 'ann', '--password-stdin'], PASSWORD);
  assert.match((await sallyport('ann', ['credentials', 'nowhere'])).stderr, /^error: no such target/);
  assert.match((await sallyport('olga', ['credentials', 'shop'])).stderr, /^error: no such target/);
  assert.match((await sallyport('ann', ['credentials', 'shop', '--for', '9h'])).stderr, /10 minutes to 8 hours/);
  assert.match((await sallyport('ann', ['credentials', 'shop', '--for', 'ever'])).stderr, /is no time\nhint: such as 10m/);
  assert.match((await sallyport('nobody', ['credentials', 'shop'])).stderr, /^error: you are not signed in\nhint: sallyport login/);
});

test('grants tells owners what a role needs, and others nothing', async () => {
  const { code, stdout } = await sallyport('olga', ['grants', 'shop', '--as', 'group:staff']);
  assert.equal(code, 0);
  assert.match(stdout, /^GRANT SELECT, INSERT ON TABLE "public"\."items" TO "sallyport_shop";$/m);
  assert.match(stdout, /^GRANT USAGE ON SEQUENCE "public"\."items_id_seq"/m);
  assert.ok(!stdout.includes('secrets'));
  assert.ok(!(await sallyport('olga', ['grants', 'shop', '--as', 'group:others'])).stdout.includes('items'));
  assert.match((await sallyport('ann', ['grants', 'shop'])).stderr, /^error: /);
});
