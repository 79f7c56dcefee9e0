import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LEAD, startPostgresGateway, type PostgresGateway, type RecordedCommand } from '../../../test/support/postgres-gateway.ts';
import { until } from '../../../test/support/until.ts';
import { openWire, WIRE_SYNC, wireBind, wireExecute, wireExtended, wireParse, wireQuery } from '../../../test/support/wire-client.ts';
import { MARKERS } from './sql/leak-markers.ts';
import { LINEAGE_SCHEMA } from './sql/lineage-ways.ts';

const PHONE = '+14155550134';
const MASKS = [{ columns: ['people.ssn', 'people.card', 'people.ssn_tail'] }];
const POLICY = {
  kind: 'Policy',
  name: 'p',
  targets: ['shop'],
  rules: [
    { name: 'all', allow: ['*'] },
    { name: 'ask', review: ['write:update:*'], approval: { from: ['group:leads'] } },
  ],
  masks: MASKS,
};

let gateway: PostgresGateway;

before(async () => {
  gateway = await startPostgresGateway({ policy: POLICY, target: { record: { rows: 3 } }, setup: [LINEAGE_SCHEMA] });
});
after(() => gateway.stop());

type Told = { readonly results: readonly { readonly tag: string; readonly rows: number }[]; readonly recorded?: readonly object[]; readonly status: string };

// A body that the gateway wrote itself.
const told = ({ bodies }: RecordedCommand): Told => JSON.parse(bodies.find(({ name }) => name === 'reply')?.text ?? '{}') as Told;

function last(from: PostgresGateway = gateway): RecordedCommand {
  const found = from.recorded.findLast(({ event }) => event.kind === 'reply.received');
  assert.ok(found);
  return found;
}

async function recordOf(bytes: Buffer): Promise<Told> {
  const client = await openWire(gateway.port, await gateway.login());
  const { types, bytes: heard } = await client.ask(bytes);
  assert.match(types, /Z$/, heard.toString('latin1'));
  client.end();
  return told(last());
}

const PEOPLE = 'select id, email, ssn, null as nothing from people order by id';
const GIVEN = [
  ['1', 'ann@example.test', '[redacted:ssn]', null],
  ['2', 'bob@example.test', '[redacted:ssn]', null],
];
const COLUMNS = ['id', 'email', 'ssn', 'nothing'];

test('rows are in the record as the caller was given them, however they were asked for', async () => {
  for (const bytes of [
    wireQuery(PEOPLE),
    wireExtended(PEOPLE),
    wireExtended(PEOPLE, { describe: true }),
    wireExtended(PEOPLE, { format: 1 }),
    wireExtended(PEOPLE, { format: 1, describe: true }),
  ]) {
    assert.deepEqual(await recordOf(bytes), {
      status: 'ok',
      results: [{ tag: 'SELECT 2', rows: 2 }],
      recorded: [{ result: 0, columns: COLUMNS, rows: GIVEN }],
    });
  }
});

test('so are those of a COPY: lines as they are, and the rows of its binary form', async () => {
  const lines = (await recordOf(wireQuery(`copy (${PEOPLE}) to stdout`))).recorded;
  assert.deepEqual(lines, [{ result: 0, columns: COLUMNS, lines: GIVEN.map((cells) => cells.map((cell) => cell ?? '\\N').join('\t')) }]);
  const csv = (await recordOf(wireQuery('copy (select id, ssn from people order by id) to stdout (format csv, header)'))).recorded;
  assert.deepEqual(csv, [{ result: 0, columns: ['id', 'ssn'], lines: ['id,ssn', '1,"[redacted:ssn]"', '2,"[redacted:ssn]"'] }]);
  const binary = (await recordOf(wireQuery(`copy (${PEOPLE}) to stdout (format binary)`))).recorded;
  assert.deepEqual(binary, [{ result: 0, columns: COLUMNS, rows: GIVEN }]);
});

test('the first rows of a statement are recorded, over all of its results, and the rest is counted', async () => {
  const many = await recordOf(wireQuery('select generate_series(1, 20000) n'));
  assert.deepEqual(many, {
    status: 'ok',
    results: [{ tag: 'SELECT 20000', rows: 20_000 }],
    recorded: [{ result: 0, columns: ['n'], rows: [['1'], ['2'], ['3']], omitted: 19_997 }],
  });
  const several = await recordOf(wireQuery('select 1 a, 2 b; select 3 c from generate_series(1, 3); select 4 d'));
  assert.deepEqual(several.recorded, [
    { result: 0, columns: ['a', 'b'], rows: [['1', '2']] },
    { result: 1, columns: ['c'], rows: [['3'], ['3']], omitted: 1 },
    { result: 2, rows: [], omitted: 1 },
  ]);
  const wide = await recordOf(wireQuery(`select repeat('x', 200000) t from generate_series(1, 3)`));
  assert.ok(JSON.stringify(wide).length < 256 << 10);
  assert.match(JSON.stringify(wide), /"omitted":2/);
});

test('rows of a portal that comes in parts are recorded with the part that gave them', async () => {
  const client = await openWire(gateway.port, await gateway.login());
  const from = gateway.recorded.length;
  await client.ask(
    Buffer.concat([wireParse('', 'select g from generate_series(1, 3) g'), wireBind('', ''), wireExecute('', 2), wireExecute('', 2), WIRE_SYNC]),
  );
  client.end();
  const replies = gateway.recorded.slice(from).filter(({ event }) => event.kind === 'reply.received');
  assert.deepEqual(
    replies.map((reply) => told(reply).recorded),
    [[{ result: 0, columns: ['g'], rows: [['1'], ['2']] }], [{ result: 0, columns: ['g'], rows: [['3']] }]],
  );
});

test('what was given before an error is recorded too', async () => {
  const { status, results, recorded } = await recordOf(wireQuery(`select repeat('x', 9000), 1 / (3 - g) from generate_series(1, 5) g`));
  assert.deepEqual([status, results], ['error', []]);
  assert.match(JSON.stringify(recorded), /"0"\]/);
});

test('what was given before a lock ended it is recorded with that', async () => {
  const client = await openWire(gateway.port, await gateway.login('mallory'));
  const answer = client.ask(wireQuery(`select g, repeat('x', 9000), pg_sleep(case when g > 5 then 60 else 0 end) from generate_series(1, 9) g`));
  await until('some rows', () => (client.socket.bytesRead > 30_000 ? true : undefined));
  const lock = { kind: 'subject', name: 'person:mallory', reason: 'under investigation' } as const;
  await gateway.otherLocks.place(lock, LEAD);
  assert.match((await answer).types, /!$/);
  const failed = await until('its record', () =>
    gateway.recorded.findLast(({ event }) => event.kind === 'command.failed' && event.outcome?.status === 'locked'),
  );
  assert.equal(told(failed).status, 'unfinished');
  assert.match(JSON.stringify(told(failed).recorded), /"columns":\["g","repeat","pg_sleep"\],"rows":\[\["1","x+",""\]/);
  await gateway.otherLocks.lift(lock, LEAD);
});

test('no value of a masked column is in any body of the journal, and what is not masked is', async () => {
  const login = await gateway.login('scan');
  const client = await openWire(gateway.port, login);
  const masked = 'select * from people order by id';
  for (const bytes of [
    wireQuery(masked),
    wireExtended(masked, { format: 1 }),
    wireQuery('copy people (id, email, ssn, phone) to stdout'),
    wireQuery(`copy (${masked}) to stdout (format csv)`),
    wireQuery(`copy (${masked}) to stdout (format binary)`),
    wireQuery(`begin; declare c cursor for ${masked}; fetch all from c; commit`),
    wireQuery(`prepare q as ${masked}; execute q; deallocate q`),
  ]) {
    const { types, bytes: heard } = await client.ask(bytes);
    assert.match(types, /^[^E!]+Z$/, heard.toString('latin1'));
  }
  client.end();
  const session = last().event.session ?? '';
  const text = await gateway.said(session);
  assert.ok(text.split(PHONE).length > 5, text);
  assert.deepEqual(
    MARKERS.filter((marker) => text.includes(marker)),
    [],
  );
});

test('the approval of a statement keeps what came of it and no row', async () => {
  const client = await gateway.connect();
  const updated = client.query('update people set email = email where id = 1 returning id, email');
  const id = await gateway.pending();
  await gateway.approvals.answer(id, LEAD, 'approve', '');
  await updated;
  assert.deepEqual(told(last()).recorded, [{ result: 0, columns: ['id', 'email'], rows: [['1', 'ann@example.test']] }]);
  const kept = (await gateway.approvals.get(id))?.result;
  assert.deepEqual(JSON.parse(kept ?? ''), { status: 'ok', results: [{ tag: 'UPDATE 1', rows: 1 }] });
});

test('without the setting no row is in the record', async () => {
  const other = await startPostgresGateway({ policy: POLICY, setup: [LINEAGE_SCHEMA] });
  try {
    const client = await openWire(other.port, await other.login());
    for (const bytes of [wireQuery(PEOPLE), wireExtended(PEOPLE, { format: 1 }), wireQuery(`copy (${PEOPLE}) to stdout`)]) {
      assert.ok((await client.ask(bytes)).bytes.includes('ann@example.test'));
      assert.equal(told(last(other)).recorded, undefined);
    }
    client.end();
    assert.ok(!(await other.said(last(other).event.session ?? '')).includes('ann@example.test'));
  } finally {
    await other.stop();
  }
});
