import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { Client, DatabaseError } from 'pg';
import { LEAD, startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { until } from '../../../test/support/until.ts';
import { openWire, WIRE_SYNC, wireBind, wireExecute, wireExtended, wireParse, wireQuery } from '../../../test/support/wire-client.ts';
import { int32 } from './codec.ts';

const POLICY = {
  kind: 'Policy',
  name: 'p',
  targets: ['shop'],
  rules: [
    {
      name: 'most',
      allow: ['read', 'read:pg_catalog.*', 'read:public.items', 'write:insert:*', 'transaction:*', 'session:*', 'func:pg_catalog.pg_sleep', 'cursor:*', 'dos'],
    },
    { name: 'few-rows', allow: ['read:public.many'], limits: { rows: 10 } },
    { name: 'few-bytes', allow: ['read:public.wide'], limits: { replyBytes: 5000 } },
    { name: 'not-long', allow: ['read:public.slow'], limits: { runMs: 300 } },
    { name: 'ask', review: ['write:delete:*', 'write:update:*'], approval: { from: ['group:leads'] } },
  ],
};

let gateway: PostgresGateway;

before(async () => {
  gateway = await startPostgresGateway({
    policy: POLICY,
    setup: [
      `create table items (id int primary key, name text); insert into items select i, 'item ' || i from generate_series(1, 20) i`,
      'create table many as select generate_series(1, 100000) id',
      `create table wide as select repeat('x', 1000) t from generate_series(1, 100)`,
      'create view slow as select pg_sleep(30)::text as t',
    ],
  });
});
after(() => gateway.stop());

const failure = (work: Promise<unknown>): Promise<DatabaseError> =>
  work.then(
    () => assert.fail('it did not fail'),
    (error: DatabaseError) => error,
  );

async function approve(id: string): Promise<void> {
  await gateway.approvals.answer(id, LEAD, 'approve', '');
}

const count = async (client: Pick<Client, 'query'>): Promise<number> => Number((await client.query<{ n: string }>('select count(*) n from items')).rows[0]?.n);

test('a statement that people have to approve waits with a notice, runs when they do, and its session goes on', async () => {
  const client = await gateway.connect();
  const notices: string[] = [];
  client.on('notice', ({ message }) => void notices.push(message ?? ''));
  const deleted = client.query('delete from items where id = $1', [1]);
  const id = await gateway.pending();
  assert.equal((await gateway.direct.query('select 1 from items where id = 1')).rowCount, 1);
  const { shown } = (await gateway.approvals.get(id)) ?? {};
  assert.match(shown ?? '', /"parameters":\["1"\]/);
  await until('a notice', () => notices[0]);
  assert.match(notices[0] ?? '', new RegExp(`waiting for approval ${id} by group:leads: http://127.0.0.1:7600/approvals/${id}`));
  await approve(id);
  assert.equal((await deleted).rowCount, 1);
  assert.equal(await count(client), 19);
  assert.equal((await gateway.approvals.get(id))?.status, 'consumed');
  const again = await failure(client.query('delete from items where id = $1', [1]));
  assert.match(again.message, /has run before/);
});

test('a person says no: nothing runs, and the transaction fails as with any error', async () => {
  const client = await gateway.connect();
  await client.query('begin');
  await client.query(`insert into items values (1000, 'mine')`);
  const deleted = failure(client.query('delete from items where id = 2'));
  await gateway.approvals.answer(await gateway.pending(), LEAD, 'deny', 'not today');
  const error = await deleted;
  assert.equal(error.code, '42501');
  assert.match(error.message, /a person said no.*not today/);
  assert.equal((await failure(client.query('select 1'))).code, '25P02');
  await client.query('commit');
  assert.equal((await gateway.direct.query('select 1 from items where id in (2, 1000)')).rowCount, 1);
});

test('whoever waits may cancel, and nothing runs', async () => {
  const client = await openWire(gateway.port, await gateway.login());
  const key = client.greeting.frames.find(({ type }) => type === 0x4b);
  assert.ok(key);
  const answer = client.ask(wireQuery('update items set name = name where id = 3'));
  const id = await gateway.pending();
  const canceller = openRaw();
  canceller.write(Buffer.concat([int32(16), int32(80877102), key.buffer.subarray(key.start + 5, key.end)]));
  const { types, bytes } = await answer;
  assert.equal(types, 'NEZ');
  assert.match(bytes.toString('latin1'), /C57014/);
  assert.equal((await gateway.approvals.get(id))?.status, 'pending');
  client.end();
});

function openRaw(): Socket {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  return socket;
}

test('what runs is cancelled with the key of its session, and with no other', async () => {
  const client = await openWire(gateway.port, await gateway.login());
  const other = await openWire(gateway.port, await gateway.login());
  const keyOf = ({ greeting }: typeof client): Buffer => {
    const frame = greeting.frames.find(({ type }) => type === 0x4b);
    assert.ok(frame);
    return frame.buffer.subarray(frame.start + 5, frame.end);
  };
  let over = false;
  const answer = client.ask(wireQuery('select pg_sleep(60)')).finally(() => (over = true));
  const running = async (): Promise<true | undefined> =>
    (await gateway.direct.query(`select 1 from pg_stat_activity where query like 'select pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()`))
      .rowCount
      ? true
      : undefined;
  await until('the statement runs', running);
  const wrong = Buffer.concat([keyOf(client).subarray(0, 4), keyOf(other).subarray(4)]);
  openRaw().write(Buffer.concat([int32(16), int32(80877102), wrong]));
  openRaw().write(Buffer.concat([int32(16), int32(80877102), keyOf(other)]));
  await other.ask(wireQuery('select 1'));
  assert.equal(over, false);
  assert.equal(await running(), true);
  openRaw().write(Buffer.concat([int32(16), int32(80877102), keyOf(client)]));
  const { types, bytes } = await answer;
  assert.match(types, /EZ$/);
  assert.match(bytes.toString('latin1'), /C57014/);
  assert.equal((await client.ask(wireQuery('select 1'))).types, 'TDCZ');
  client.end();
  other.end();
});

test('a rule bounds the rows of a result, whichever way they are asked for, and the session goes on', async () => {
  const client = await openWire(gateway.port, await gateway.login());
  for (const bytes of [wireQuery('select id from many'), wireExtended('select id from many'), wireExtended('select id from many', { rows: 8 })]) {
    const { types, bytes: heard } = await client.ask(bytes);
    assert.ok((types.match(/D/g) ?? []).length <= 10, types.slice(0, 40));
    if (types.includes('s')) continue;
    assert.match(types, /EZ$/);
    assert.match(heard.toString('latin1'), /C54000.*10 rows/s);
  }
  assert.match((await client.ask(wireQuery('select id from many limit 10'))).types, /^TD{10}CZ$/);
  const parts = [wireParse('', 'select id from many'), wireBind('p', ''), wireExecute('p', 8), wireExecute('p', 8), WIRE_SYNC];
  const { types } = await client.ask(Buffer.concat([...parts]));
  assert.equal((types.match(/D/g) ?? []).length, 10, types);
  assert.match(types, /EZ$/);
  client.end();
});

test('a rule bounds the bytes of a result, and the time of a statement', async () => {
  const client = await gateway.connect();
  assert.match((await failure(client.query('select t from wide'))).message, /longer than the 5000 bytes/);
  assert.equal((await client.query('select t from wide limit 3')).rowCount, 3);
  assert.equal((await failure(client.query('select t from slow'))).code, '57014');
  assert.equal((await client.query('select 1 as one')).rowCount, 1);
});

test('what a server would say of the transaction is never made up: a limit that is reached fails it', async () => {
  const client = await gateway.connect();
  await client.query('begin');
  await client.query(`insert into items values (2000, 'kept?')`);
  await failure(client.query('select id from many'));
  assert.equal((await failure(client.query('select 1'))).code, '25P02');
  await client.query('commit');
  assert.equal((await gateway.direct.query('select 1 from items where id = 2000')).rowCount, 0);
});

test('a policy that changes holds for what is prepared already', async () => {
  const client = await gateway.connect();
  const named = { name: 'all', text: 'select count(*) as n from items' };
  assert.equal((await client.query(named)).rowCount, 1);
  gateway.setPolicy({ ...POLICY, rules: [...POLICY.rules, { name: 'closed', deny: ['read:public.items'] }] });
  const error = await failure(client.query(named));
  gateway.setPolicy(POLICY);
  assert.equal(error.code, '42501');
  assert.match(error.detail ?? '', /closed/);
  assert.equal((await client.query(named)).rowCount, 1);
});
