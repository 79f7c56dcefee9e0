import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { openWire, wireExtended, wireQuery, type WireClient } from '../../../test/support/wire-client.ts';
import { MARKERS, SECRETS } from './sql/leak-markers.ts';
import { LINEAGE_SCHEMA, WAYS } from './sql/lineage-ways.ts';

const POLICY = {
  kind: 'Policy',
  name: 'p',
  targets: ['shop'],
  rules: [{ name: 'all', allow: ['*'] }],
  masks: [{ columns: ['people.ssn', 'people.card'] }],
};

let gateway: PostgresGateway;
let client: WireClient;

before(async () => {
  gateway = await startPostgresGateway({ policy: POLICY, target: { audit: 'relaxed' }, setup: [LINEAGE_SCHEMA] });
  client = await openWire(gateway.port, await gateway.login());
});
after(async () => {
  client.end();
  await gateway.stop();
});

/** Everything that comes back, in a transaction that is rolled back; a session that ends is opened anew. */
async function heard(bytes: Buffer): Promise<{ readonly types: string; readonly text: string }> {
  if (client.socket.destroyed) client = await openWire(gateway.port, await gateway.login());
  await client.ask(wireQuery('begin'));
  const answer = await client.ask(bytes);
  if (!answer.types.endsWith('!')) await client.ask(wireQuery('rollback'));
  return { types: answer.types, text: answer.bytes.toString('latin1') };
}

const leaks = (text: string): readonly string[] => MARKERS.filter((marker) => text.includes(marker));

/** All ways that a statement can be sent. */
function sendings(statement: string): readonly (readonly [way: string, bytes: Buffer])[] {
  const several = statement.includes(';');
  const query = /^\s*(?:select|with|table|values)\b/i.test(statement);
  return [
    ['Query', wireQuery(statement)],
    ...(several
      ? []
      : ([
          ['text', wireExtended(statement, { describe: true })],
          ['binary without Describe', wireExtended(statement, { format: 1 })],
        ] as const)),
    ...(query && !several
      ? ([
          ['COPY', wireQuery(`copy (${statement}) to stdout`)],
          ['COPY csv', wireQuery(`copy (${statement}) to stdout (format csv, header)`)],
          ['COPY binary', wireQuery(`copy (${statement}) to stdout (format binary)`)],
        ] as const)
      : []),
  ];
}

test('the values do come out where nothing is masked', async () => {
  const { rows } = await gateway.direct.query<{ ssn: string }>('select ssn from people order by id');
  assert.deepEqual(
    rows.map(({ ssn }) => ssn),
    SECRETS,
  );
});

test('no way of the wire gives a masked column', async () => {
  assert.ok(WAYS.length >= 64);
  let asked = 0;
  for (const { statement, becomes } of WAYS) {
    for (const [way, bytes] of sendings(statement)) {
      const { types, text } = await heard(bytes);
      assert.deepEqual(leaks(text), [], `${way}: ${statement}`);
      assert.ok(!types.endsWith('!'), `${way} ends the session: ${statement}: ${text.slice(-300)}`);
      if (way === 'Query') assert.equal(types.includes('E'), becomes === 'refused', `${way}: ${statement}: ${text.slice(-300)}`);
      asked += 1;
    }
  }
  assert.ok(asked > 200, `${asked} asked`);
});

const CHANNELS: readonly string[] = [
  'select tell(1)',
  `update people set email = 'x' where id = 1`,
  `insert into people (id, email, ssn) values (1, 'x', '1')`,
  `select set_config('application_name', ssn, false) from people`,
  `do $$ begin perform pg_notify('c', (select ssn from people limit 1)); end $$`,
  `select pg_notify('c', ssn) from people`,
  `copy people to stdout`,
  `copy people (ssn) to stdout (delimiter '|', null 'nil')`,
  `select ssn::int from people`,
  `declare c cursor for select ssn from people; fetch all from c`,
  `prepare q as select ssn from people; execute q; deallocate q`,
];

test('nor do the channels beside rows: errors, notices, notifications, settings, COPY', async () => {
  await client.ask(wireQuery('listen c'));
  for (const statement of CHANNELS) assert.deepEqual(leaks((await heard(wireQuery(statement))).text), [], statement);
  await gateway.direct.query(`select pg_notify('c', ssn) from people`);
  const { text } = await heard(wireQuery('select 1'));
  assert.deepEqual(leaks(text), []);
});

test('what stands beside a masked column comes as it is, and the mask in its place', async () => {
  const { text } = await heard(wireQuery('select id, email, ssn from people order by id'));
  assert.match(text, /ann@example\.test.*\[redacted:ssn\].*bob@example\.test/s);
  const copied = await heard(wireQuery('copy (select id, email, ssn from people order by id) to stdout'));
  assert.match(copied.text, /1\tann@example\.test\t\[redacted:ssn\]\n/);
  // The server leaves out what it generates.
  const whole = await heard(wireQuery('copy people to stdout'));
  assert.match(whole.text, /1\tann@example\.test\t\[redacted:ssn\]\t\[redacted:card\]\t\+14155550134\n/);
});

test('rows are masked as well when they come in parts, and by a cursor', async () => {
  const { types, text } = await heard(Buffer.concat([wireExtended('select ssn, g from people, generate_series(1, 5) g', { rows: 3 })]));
  assert.match(types, /DDDs/);
  assert.deepEqual(leaks(text), []);
  assert.match(text, /\[redacted:ssn\]/);
});

test('the record says which columns were masked, and how often', async () => {
  await heard(wireQuery('select ssn from people'));
  const reply = gateway.events('reply.received').findLast(({ masks }) => (masks ?? []).length > 0);
  assert.deepEqual(reply?.masks, [{ by: 'field', name: 'column.ssn', count: 2 }]);
});
