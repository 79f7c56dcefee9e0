import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { openWire, wireExtended, wireQuery, type WireClient } from '../../../test/support/wire-client.ts';

const CARD = '4111111111111111';
const EMAIL = 'ann@example.org';

let gateway: PostgresGateway;
let client: WireClient;

before(async () => {
  gateway = await startPostgresGateway({
    policy: {
      kind: 'Policy',
      name: 'p',
      targets: ['shop'],
      rules: [{ name: 'all', allow: ['*'] }],
      masks: [{ detect: ['email', 'credit-card'] }, { fields: ['$..token'] }],
    },
    setup: [
      'create table people (id int, contact text, card bigint, exact numeric, about jsonb, many text[])',
      `insert into people values (1, 'write to ${EMAIL}', ${CARD}, ${CARD}, '{"token": "hush-hush", "at": "${EMAIL}"}', array['${EMAIL}', 'x'])`,
    ],
  });
  client = await openWire(gateway.port, await gateway.login());
});
after(async () => {
  client.end();
  await gateway.stop();
});

const shown = async (bytes: Buffer): Promise<{ readonly types: string; readonly text: string }> => {
  const { types, bytes: heard } = await client.ask(bytes);
  return { types, text: heard.toString('latin1') };
};

/** The number as eight bytes. */
const binaryCard = ((): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(CARD));
  return bytes.toString('latin1');
})();

test('what detectors know is masked in every row, as text and in binary, with and without Describe', async () => {
  const statement = 'select id, contact, card, exact, about, many from people';
  for (const bytes of [
    wireQuery(statement),
    wireExtended(statement),
    wireExtended(statement, { format: 1 }),
    wireExtended(statement, { format: 1, describe: true }),
  ]) {
    const { types, text } = await shown(bytes);
    assert.match(types, /DCZ$/);
    for (const value of [EMAIL, CARD, binaryCard, 'hush-hush']) assert.ok(!text.includes(value), `${types} shows ${value}`);
    assert.match(text, /write to /);
  }
});

test('COPY is looked at line by line; its binary form is not given', async () => {
  const { types, text } = await shown(wireQuery('copy people to stdout'));
  assert.match(types, /dcCZ$/);
  assert.ok(!text.includes(EMAIL) && !text.includes(CARD), text);
  const other = await openWire(gateway.port, await gateway.login());
  const binary = await other.ask(wireQuery('copy people to stdout (format binary)'));
  assert.ok(!binary.bytes.toString('latin1').includes(EMAIL));
  other.end();
});

test('errors and notices that quote a value are masked', async () => {
  assert.ok(!(await shown(wireQuery(`do $$ begin raise notice 'to %', (select contact from people); end $$`))).text.includes(EMAIL));
  const { types, text } = await shown(wireQuery('select contact::int from people'));
  assert.equal(types, 'TEZ');
  assert.ok(!text.includes(EMAIL), text);
});

test('what holds none of it passes as it is', async () => {
  const { text } = await shown(wireQuery(`select 42 as n, 'plain words' as t, true as b`));
  assert.match(text, /42.*plain words/s);
});
