import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { makeCertificates, type Certificates } from '../../../test/support/certificates.ts';
import { plainTarget } from '../../../test/support/plain-target.ts';
import { OPEN_POLICY, startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { openWire, startupMessage, wireQuery } from '../../../test/support/wire-client.ts';
import { Secret } from '../../core/secret.ts';
import type { Target } from '../../core/target.ts';
import { int32 } from './codec.ts';
import { dial } from './upstream.ts';

let certificates: Certificates;
let gateway: PostgresGateway;
const run = promisify(execFile);
const SSL_REQUEST = Buffer.concat([int32(8), int32(80877103)]);

before(async () => {
  certificates = await makeCertificates();
  gateway = await startPostgresGateway({
    policy: OPEN_POLICY,
    tls: { certificate: await readFile(certificates.cert, 'utf8'), key: new Secret(await readFile(certificates.key, 'utf8')) },
    serverSettings: await serverTls(),
    setup: [
      `set password_encryption = 'scram-sha-256'; create role by_scram login password 'of scram'`,
      `set password_encryption = 'md5'; create role by_md5 login password 'of md5'`,
      'create role localhost login',
    ],
  });
});
after(async () => {
  await gateway.stop();
  await certificates.remove();
});

/** The server's own certificate, and who has to sign in how. */
async function serverTls(): Promise<readonly string[]> {
  const folder = dirname(certificates.cert);
  const at = (name: string): string => join(folder, name);
  await chmod(folder, 0o755);
  await copyFile(certificates.key, at('postgres.key'));
  await chmod(at('postgres.key'), 0o600);
  await chown(at('postgres.key'), ...(await serverUser()));
  await writeFile(
    at('hba'),
    `local all all trust\nhostssl all by_scram all scram-sha-256\nhost all by_scram all reject\nhost all by_md5 all md5\nhostssl all localhost all cert\nhost all all all trust\n`,
  );
  await chmod(at('hba'), 0o644);
  return ['ssl=on', `ssl_cert_file=${certificates.cert}`, `ssl_key_file=${at('postgres.key')}`, `ssl_ca_file=${certificates.ca}`, `hba_file=${at('hba')}`];
}

async function serverUser(): Promise<[uid: number, gid: number]> {
  if (process.getuid?.() !== 0) return [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((each) => each.startsWith('postgres:'));
  const [, , uid, gid] = (line ?? '').split(':');
  return [Number(uid), Number(gid)];
}

const psql = async (env: NodeJS.ProcessEnv, text = 'select 7 as seven'): Promise<string> =>
  run('psql', ['-X', '-At', '-c', text], { env, timeout: 60_000 }).then(
    ({ stdout }) => stdout,
    (error: { readonly stderr: string }) => error.stderr,
  );

test('psql verifies the gateway, and binds its proof to the channel', async () => {
  const env = { ...gateway.env(await gateway.login()), PGHOST: 'localhost', PGSSLROOTCERT: certificates.ca, PGSSLMODE: 'verify-full' };
  assert.equal(await psql({ ...env, PGCHANNELBINDING: 'require' }), '7\n');
  assert.match(await psql({ ...env, PGSSLROOTCERT: certificates.otherCa }), /certificate verify failed/);
  assert.match(await psql({ ...env, PGPASSWORD: 'wrong', PGCHANNELBINDING: 'require' }), /password authentication failed/);
});

test('node-postgres binds the channel as well', async () => {
  const client = await gateway.connect({ ssl: { ca: await readFile(certificates.ca) }, enableChannelBinding: true });
  assert.equal((await client.query<{ n: number }>('select 1 as n')).rows[0]?.n, 1);
});

test('an access token is a password over TLS only, and only under its own name', async () => {
  const { password } = await gateway.login();
  const env = {
    ...gateway.env({ user: 'token', password, expiresAt: 0 }),
    PGPASSWORD: await gateway.token(),
    PGHOST: 'localhost',
    PGSSLROOTCERT: certificates.ca,
  };
  assert.equal(await psql({ ...env, PGSSLMODE: 'verify-full' }), '7\n');
  assert.match(await psql({ ...env, PGSSLMODE: 'disable' }), /over TLS only/);
  assert.match(await psql({ ...env, PGSSLMODE: 'verify-full', PGPASSWORD: 'no token' }), /password authentication failed/);
  assert.match(await psql({ ...env, PGSSLMODE: 'verify-full', PGDATABASE: 'other' }), /password authentication failed/);
  assert.equal(await psql({ ...env, PGSSLMODE: 'verify-full', PGPASSWORD: await gateway.token('ann', ['analysts'], 'mcp:read mcp:write') }), '7\n');
  // Its person let that client read, and was not asked about statements.
  const narrow = await gateway.token('ann', ['analysts'], 'mcp:read');
  assert.match(await psql({ ...env, PGSSLMODE: 'verify-full', PGPASSWORD: narrow }), /password authentication failed/);
});

test('who is refused and does not hang up is hung up on', async () => {
  for (const parameters of [
    { user: 'x', database: 'shop', replication: 'true' },
    { user: 'token', database: 'shop' },
  ]) {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    socket.write(startupMessage(parameters));
    socket.resume();
    await once(socket, 'end');
    // What is sent to somebody who is gone comes back as an error.
    const sending = setInterval(() => socket.write('x'), 100);
    const closed = new Promise((resolve) => {
      socket.once('close', () => resolve('closed'));
    });
    assert.equal(await Promise.race([closed, sleep(15_000, 'still open', { ref: false })]), 'closed');
    clearInterval(sending);
  }
});

test('who is unknown, who has a wrong password, and who may not reach a target hear the same', async () => {
  const login = await gateway.login();
  const said = async (user: string, password: string, database = 'shop'): Promise<string> => {
    const client = await openWire(gateway.port, { user, password: new Secret(password), expiresAt: 0 }, { database });
    return client.greeting.bytes
      .toString('latin1')
      .replaceAll(user, 'USER')
      .replaceAll(/r=[^,]*/g, 'r');
  };
  const wrong = await said(login.user, 'wrong');
  assert.match(wrong, /C28P01/);
  // As long as the other: the answer quotes it.
  const stranger = `x${login.user.slice(1)}`;
  const unknown = await said(stranger, 'wrong');
  assert.equal(shape(unknown), shape(wrong));
  assert.equal(unknown, await said(stranger, 'wrong'), 'its salt does not change from one attempt to the next');
  assert.equal(shape(await said(login.user, login.password.reveal(), 'elsewhere')), shape(wrong));
  assert.match(await said(login.user, login.password.reveal()), /server_version/);
  assert.match(await said(login.user, login.password.reveal(), 'shop/postgres'), /C3D000/);
  assert.match(await said(login.user, login.password.reveal(), 'shop/appdb'), /server_version/);
});

const shape = (text: string): string => text.replaceAll(/s=[^,]*/g, 's');

test('the target may stand behind the user', async () => {
  const { user, password, expiresAt } = await gateway.login();
  const client = await openWire(gateway.port, { user: `${user}@shop`, password, expiresAt }, { database: 'appdb' });
  assert.match(client.greeting.types, /Z$/);
  client.end();
});

async function open(): Promise<Socket> {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** All that is said until the line ends. */
async function answer(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

test('nothing counts that was sent before TLS, and nobody asks twice', async () => {
  const early = await open();
  early.write(Buffer.concat([SSL_REQUEST, startupMessage({ user: 'x', database: 'shop' })]));
  assert.equal(await answer(early), '');
  const twice = await open();
  twice.write(SSL_REQUEST);
  await once(twice, 'data');
  twice.write(SSL_REQUEST);
  assert.doesNotMatch(await answer(twice), /^S/);
  const gss = await open();
  gss.write(Buffer.concat([int32(8), int32(80877104)]));
  const [reply] = (await once(gss, 'data')) as [Buffer];
  assert.equal(reply.toString(), 'N');
  gss.write(Buffer.concat([int32(8), int32(80877104)]));
  assert.equal(await answer(gss), '');
});

test('TLS may begin at once, with the name of the protocol', async () => {
  const ca = await readFile(certificates.ca);
  const direct = connectTls({ port: gateway.port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['postgresql'] });
  await once(direct, 'secureConnect');
  direct.write(startupMessage({ user: 'x', database: 'shop' }));
  const [reply] = (await once(direct, 'data')) as [Buffer];
  assert.match(reply.toString('latin1'), /SCRAM-SHA-256-PLUS/);
  direct.destroy();
  const nameless = connectTls({ port: gateway.port, host: '127.0.0.1', servername: 'localhost', ca });
  nameless.on('error', () => {});
  nameless.on('secureConnect', () => void nameless.write(startupMessage({ user: 'x', database: 'shop' })));
  nameless.resume();
  await once(nameless, 'close');
});

test('protocol 3.2 is spoken, with long keys; what is newer is told what is', async () => {
  const login = await gateway.login();
  const keyLength = ({ greeting }: Awaited<ReturnType<typeof openWire>>): number => {
    const frame = greeting.frames.find(({ type }) => type === 0x4b);
    return frame ? frame.end - frame.start - 9 : 0;
  };
  const old = await openWire(gateway.port, login);
  assert.equal(keyLength(old), 4);
  const later = await openWire(gateway.port, login, {}, (3 << 16) | 2);
  assert.equal(keyLength(later), 32);
  assert.doesNotMatch(later.greeting.types, /^v/);
  const newest = await openWire(gateway.port, login, { '_pq_.unheard': '1' }, (3 << 16) | 9);
  assert.match(newest.greeting.types, /^v/);
  assert.equal((await newest.ask(wireQuery('select 1'))).types, 'TDCZ');
  for (const client of [old, later, newest]) client.end();
});

test('replication is refused, and other protocols are not answered', async () => {
  for (const replication of ['true', 'database', '1']) {
    const client = await openWire(gateway.port, await gateway.login(), { replication });
    assert.match(client.greeting.bytes.toString('latin1'), /C0A000.*replication/s);
  }
  for (const text of ['GET / HTTP/1.1\r\n\r\n', '\0\0\0\u0004\0\0\0\0', '\u00ff\u00ff\u00ff\u00ff0000']) {
    const socket = await open();
    socket.write(Buffer.from(text, 'latin1'));
    assert.equal(await answer(socket), '');
  }
});

const targetOf = (tls: Target['tls']): Target =>
  plainTarget({ name: 'shop', protocol: 'postgres', address: `postgres://localhost:${gateway.serverPort}/appdb`, ...(tls ? { tls } : {}) });
const dialAs = (user: string, password: string, tls: Target['tls']) =>
  dial({ target: targetOf(tls), database: 'appdb', applicationName: 'test', login: { user, password: new Secret(password) } });

test('the server is verified before it hears anything, and signed in to by SCRAM, md5 or a certificate', async () => {
  const verified = { mode: 'verify-full', ca: certificates.ca } as const;
  const scram = await dialAs('by_scram', 'of scram', verified);
  assert.match(scram.parameters.get('server_version') ?? '', /^\d+/);
  scram.socket.destroy();
  const md5 = await dialAs('by_md5', 'of md5', verified);
  md5.socket.destroy();
  const key = new Secret(await readFile(certificates.key, 'utf8'));
  const login = { user: 'localhost', certificate: { chain: await readFile(certificates.cert, 'utf8'), key } };
  const byCertificate = await dial({ target: targetOf(verified), database: 'appdb', applicationName: 'test', login });
  byCertificate.socket.destroy();
  await assert.rejects(dialAs('by_scram', 'wrong', verified), { code: 'upstream_unreachable' });
  await assert.rejects(dialAs('by_scram', 'of scram', { mode: 'verify-full', ca: certificates.otherCa }), { code: 'upstream_unreachable' });
  await assert.rejects(dialAs('by_scram', 'of scram', undefined), { code: 'upstream_unreachable' });
  await assert.rejects(dialAs('by_scram', 'of scram', { mode: 'disable' }), { code: 'upstream_unreachable' });
  const encrypted = await dialAs('by_scram', 'of scram', { mode: 'require' });
  encrypted.socket.destroy();
});
