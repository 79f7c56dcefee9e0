import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { LEAD, startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { until } from '../../../test/support/until.ts';
import { openWire, wireQuery } from '../../../test/support/wire-client.ts';

const POLICY = {
  kind: 'Policy',
  name: 'p',
  targets: ['shop'],
  rules: [
    { name: 'all', allow: ['*'] },
    { name: 'no-paths', deny: ['session:search-path'] },
  ],
};

let gateway: PostgresGateway;
before(async () => {
  gateway = await startPostgresGateway({ policy: POLICY, limits: { sessions: 2, strangers: 4, strangersOfOneAddress: 2 } });
});
after(() => gateway.stop());

const query = (text: string): Buffer => wireQuery(text);

/** Connections of the server that come from a client of this name, and that run something like it. */
async function running(like: string, name = 'counted'): Promise<number> {
  const count = 'select count(*)::text as n from pg_stat_activity where application_name = $1 and query like $2';
  const { rows } = await gateway.direct.query<{ n: string }>(count, [name, `%${like}%`]);
  return Number(rows[0]?.n);
}

test('a lock that another process places ends a live session with what it runs, and lets no other begin', async () => {
  const login = await gateway.login('mallory');
  const client = await openWire(gateway.port, login, { application_name: 'counted' });
  const bystander = await openWire(gateway.port, await gateway.login('bob'));
  assert.equal((await client.ask(query('select 1'))).types, 'TDCZ');
  const answer = client.ask(query('select pg_sleep(60)'));
  await until('the statement', async () => ((await running('pg_sleep')) > 0 ? true : undefined));
  await gateway.otherLocks.place({ kind: 'subject', name: 'person:mallory', reason: 'under investigation' }, LEAD);
  const { types, bytes } = await answer;
  assert.match(types, /E!$/);
  assert.match(bytes.toString('latin1'), /C57P01.*under investigation/s);
  await until('the end of it on the server', async () => ((await running('')) === 0 ? true : undefined));
  const again = await openWire(gateway.port, login);
  assert.match(again.greeting.bytes.toString('latin1'), /C57P01.*under investigation/s);
  assert.equal((await bystander.ask(query('select 1'))).types, 'TDCZ', 'nobody else notices');
  await gateway.otherLocks.lift({ kind: 'subject', name: 'person:mallory', reason: '' }, LEAD);
  await until('its way back', async () => {
    const back = await openWire(gateway.port, login);
    back.end();
    return back.greeting.types.endsWith('Z') ? true : undefined;
  });
  bystander.end();
});

test('a session whose first settings are refused leaves nothing behind on the server', async () => {
  const login = await gateway.login();
  for (let i = 0; i < 3; i += 1) {
    const refused = await openWire(gateway.port, login, { application_name: 'refused', options: '-c search_path=pg_temp' });
    assert.match(refused.greeting.bytes.toString('latin1'), /C42501/);
  }
  await until('the end of their connections', async () => ((await running('', 'refused')) === 0 ? true : undefined));
  const taken = await openWire(gateway.port, login, { application_name: 'refused', options: '-c statement_timeout=9999' });
  assert.match(taken.greeting.types, /Z$/);
  assert.equal(await running('', 'refused'), 1);
  taken.end();
});

test('one address takes no more than its share of the places of strangers', async () => {
  const strangers = await Promise.all([stranger(), stranger()]);
  const third = await stranger();
  await ended(third);
  for (const socket of strangers) socket.destroy();
  await until('a free place', async () => {
    const client = await openWire(gateway.port, await gateway.login()).catch(() => undefined);
    client?.end();
    return client?.greeting.types.endsWith('Z') ? true : undefined;
  });
});

/** It connects, and says nothing. */
async function stranger(): Promise<Socket> {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

const ended = async (socket: Socket): Promise<unknown> => (socket.closed ? undefined : once(socket, 'close'));

test('sessions count from the sign-in on, and those whose server does not answer end with the gateway, too', async () => {
  const dialled: Socket[] = [];
  const silent = createServer((socket) => {
    socket.on('error', () => {});
    dialled.push(socket);
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  // A TCP server has an address of this form.
  const { port } = silent.address() as AddressInfo;
  const slow = await startPostgresGateway({ policy: POLICY, address: `postgres://127.0.0.1:${port}/appdb`, limits: { sessions: 2, serverMs: 3_600_000 } });
  const opening = [openWire(slow.port, await slow.login()), openWire(slow.port, await slow.login())];
  await until('both of them at the server', () => (dialled.length === 2 ? true : undefined));
  const third = await openWire(slow.port, await slow.login());
  assert.match(third.greeting.bytes.toString('latin1'), /C53300.*too many sessions/s);
  await slow.stopListening();
  for (const { greeting } of await Promise.all(opening)) assert.match(greeting.bytes.toString('latin1'), /C57P01.*shutting down/s);
  assert.equal(slow.events('session.closed').length, 2);
  assert.deepEqual(slow.failures, []);
  for (const socket of dialled) socket.destroy();
  silent.close();
  await slow.stop();
});
