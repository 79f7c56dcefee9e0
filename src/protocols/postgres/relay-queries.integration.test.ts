import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Client, DatabaseError } from 'pg';
import { startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { openWire, WIRE_SYNC, wireBind, wireExecute, wireParse } from '../../../test/support/wire-client.ts';
import { until } from '../../../test/support/until.ts';
import { message } from './codec.ts';

const POLICY = {
  kind: 'Policy',
  name: 'p',
  targets: ['shop'],
  rules: [
    { name: 'all', allow: ['*'] },
    { name: 'no-deleting', deny: ['write:delete:*', 'ddl:drop:*'] },
  ],
};

let gateway: PostgresGateway;

before(async () => {
  gateway = await startPostgresGateway({
    policy: POLICY,
    setup: ['create table items (id int primary key, name text)', `insert into items select i, 'item ' || i from generate_series(1, 5) i`],
  });
});
after(() => gateway.stop());

const psql = async (...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> => {
  const options = { env: gateway.env(await gateway.login()), timeout: 60_000 };
  return promisify(execFile)('psql', ['-X', ...args], options).catch((error: { readonly stdout: string; readonly stderr: string }) => error);
};

const failure = (work: Promise<unknown>): Promise<DatabaseError> =>
  work.then(
    () => assert.fail('it did not fail'),
    (error: DatabaseError) => error,
  );
const items = async (client: Pick<Client, 'query'>): Promise<number> =>
  (await client.query<{ n: string }>('select count(*)::text n from items')).rows.map(({ n }) => Number(n))[0] ?? -1;

test('psql reads through the gateway, and sees errors of the server as they are', async () => {
  assert.equal((await psql('-At', '-c', 'select id, name from items where id < 3 order by id')).stdout, '1|item 1\n2|item 2\n');
  assert.match((await psql('-c', '\\d items')).stdout, /"items_pkey" PRIMARY KEY/);
  assert.match((await psql('-c', 'select 1 / (id - 1) from items')).stderr, /ERROR: {2}division by zero/);
});

test('a statement that no rule allows is refused with the rule and a way out, and nothing of it runs', async () => {
  const { stderr } = await psql('-c', '\\set VERBOSITY verbose', '-c', 'delete from items');
  assert.match(stderr, /42501.*permission denied/);
  assert.match(stderr, /DETAIL:.*"p\/no-deleting"|DETAIL:.*no-deleting/);
  assert.match(stderr, /HINT:/);
  assert.equal(await items(gateway.direct), 5);
  assert.equal(gateway.events('command.refused').at(-1)?.command?.name, 'write:delete:public.items');
});

test('what is not understood is refused, and the reason says what', async () => {
  const { stderr } = await psql('-c', 'select nope from items');
  assert.match(stderr, /ERROR: {2}permission denied/);
  assert.match(stderr, /DETAIL:.*nope/);
});

test('extended queries with parameters are answered as the server answers them', async () => {
  const client = await gateway.connect();
  const { rows } = await client.query('select id + $1::int as sum, name from items where name = $2', [10, 'item 3']);
  assert.deepEqual(rows, [{ sum: 13, name: 'item 3' }]);
  const error = await failure(client.query('delete from items where id = $1', [1]));
  assert.equal(error.code, '42501');
  assert.equal(await items(client), 5);
});

test('a denial fails the transaction as an error of the server does', async () => {
  const client = await gateway.connect();
  await client.query('begin');
  await client.query(`insert into items values (6, 'item 6')`);
  assert.equal((await failure(client.query('delete from items where id = 6'))).code, '42501');
  assert.equal((await failure(client.query('select 1'))).code, '25P02');
  await client.query('commit');
  assert.equal(await items(gateway.direct), 5);
});

test('what was allowed is recorded with what came of it', async () => {
  const client = await gateway.connect();
  await client.query('select id from items where id <= $1', [4]);
  const reply = gateway.recorded.findLast(({ event }) => event.kind === 'reply.received');
  assert.deepEqual(JSON.parse(reply?.bodies[0]?.text ?? ''), { status: 'ok', results: [{ tag: 'SELECT 4', rows: 4 }] });
  const intent = gateway.recorded.findLast(({ event }) => event.kind === 'command.forwarded');
  assert.deepEqual(JSON.parse(intent?.bodies[0]?.text ?? ''), { parameters: ['4'], searchPath: ['public'], statement: 'select id from items where id <= $1' });
});

test('a statement without a name outlives what the gateway asks in between', async () => {
  const wire = await openWire(gateway.port, await gateway.login());
  const other = await gateway.connect();
  assert.equal((await wire.ask(Buffer.concat([wireParse('', 'select count(*)::text from items'), WIRE_SYNC]))).types, '1Z');
  // The catalog is another one now: the gateway has to learn anew what names mean.
  await other.query('create table made_meanwhile (id int)');
  assert.equal((await wire.ask(Buffer.concat([wireBind('', ''), wireExecute(''), WIRE_SYNC]))).types, '2DCZ');
  wire.end();
});

test('what the gateway asks inside a round does not commit what the round did', async () => {
  const wire = await openWire(gateway.port, await gateway.login());
  const other = await gateway.connect();
  const FLUSH = message(0x48);
  const run = (text: string): Buffer => Buffer.concat([wireParse('', text), wireBind('', ''), wireExecute('')]);
  wire.socket.write(Buffer.concat([run(`insert into items values (7, 'item 7') returning id`), FLUSH]));
  await until('the answer of the insert', () => gateway.recorded.find(({ bodies }) => bodies.some(({ text }) => text.includes('INSERT 0 1'))));
  await other.query('create table made_in_a_round (id int)');
  const { types } = await wire.ask(Buffer.concat([run('select count(*)::text from items'), run('select 1 / (id - 1) from items'), WIRE_SYNC]));
  assert.equal(types, '12DC12DC12EZ');
  assert.equal(await items(gateway.direct), 5);
  wire.end();
});
