import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { readerPolicy } from '../../../test/support/reader-policy.ts';
import { openWire, WIRE_SYNC, wireBind, wireExecute, wireExtended, wireParse, wireQuery } from '../../../test/support/wire-client.ts';
import { cstring, int32, message } from './codec.ts';
import { SHOP_SCHEMA } from './sql/shop-schema.ts';

const folder = process.env['SALLYPORT_CASES'] ?? join(import.meta.dirname, '../../../../shared/cases');
const present = existsSync(join(folder, 'sql_corpus.open.jsonl'));
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
/** Without the target, which the test has by itself. */
const policyOf = (parts: Parameters<typeof readerPolicy>[0]): string =>
  readerPolicy(parts)
    .replace(/^[\s\S]*?---\n/, '')
    .replace('targets: [appdb]', 'targets: [shop]');

interface WireCase {
  readonly id: string;
  readonly verdict: 'block' | 'mask_or_block' | 'allow' | 'either';
  readonly effects: readonly string[];
  readonly client_bytes_hex: string;
  readonly pre?: string;
  readonly startup_params?: Readonly<Record<string, string>>;
}

let shop: PostgresGateway;
let cases: PostgresGateway | undefined;

before(async () => {
  shop = await startPostgresGateway({
    policy: policyOf({ functions: ['public.with_tax'], hidden: ['payroll.*', 'internal.*', 'public.journal'], masked: ['customers.ssn', 'customers.card'] }),
    setup: [SHOP_SCHEMA, `insert into internal.keys (k, v) values ('a', 'hidden-value')`],
  });
  if (!present) return;
  cases = await startPostgresGateway({
    policy: policyOf({
      functions: ['public.add_tax'],
      hidden: ['hr.*', 'vault.*', 'public.audit_log'],
      masked: ['public.users.ssn', 'public.users.card', 'public.users.password_hash', 'public.users.api_token'],
    }),
    setup: [read('roles.sql'), read('schema.sql')],
  });
});
after(async () => {
  await shop.stop();
  await cases?.stop();
});

test('no message of the cases on the wire destroys, takes away or shows anything', async (context: TestContext) => {
  if (!cases) return context.diagnostic('not present');
  const rows = read('sql_corpus.open.jsonl')
    .trim()
    .split('\n')
    // The file's own README describes its rows.
    .map((line) => JSON.parse(line) as WireCase & { readonly dialect: string })
    .filter(({ dialect }) => dialect === 'postgresql-wire');
  for (const { id, verdict, client_bytes_hex: bytes, pre, startup_params: parameters } of rows) {
    const before = await fingerprint(cases);
    const client = await openWire(cases.port, await cases.login(), parameters);
    if (pre !== undefined && !client.greeting.types.endsWith('!')) await client.ask(wireQuery(pre));
    const answer = client.greeting.types.endsWith('!') ? client.greeting : await client.ask(bytes);
    client.end();
    assert.deepEqual(await fingerprint(cases), before, `${id} changed something`);
    const text = answer.bytes.toString('latin1');
    for (const secret of SECRETS) assert.ok(!text.includes(secret), `${id} shows ${secret}`);
    if (verdict === 'block') assert.match(answer.types, /E|!/, id);
  }
});

const SECRETS = ['536-22-7741', '601-38-1129', '344-71-9056', 'vaultkey', 'vaultpw'];

async function fingerprint({ direct }: PostgresGateway): Promise<unknown> {
  const { rows } = await direct.query(
    'select (select count(*) from orders) orders, (select count(*) from users) users, (select count(*) from pg_largeobject_metadata) large',
  );
  return rows;
}

interface OwnCase {
  readonly name: string;
  readonly bytes: Buffer;
  readonly first?: readonly Buffer[];
  readonly startup?: Readonly<Record<string, string>>;
  /** What may not be in the answer. */
  readonly never?: string;
  readonly expect: RegExp;
}

const describePortal = (name: string): Buffer => message(0x44, Buffer.from('P'), cstring(name));
const closeStatement = (name: string): Buffer => message(0x43, Buffer.from('S'), cstring(name));
const SSN = '078-05-1120';

const OWN: readonly OwnCase[] = [
  { name: 'a FunctionCall', bytes: message(0x46, int32(964), Buffer.alloc(8)), expect: /^EZ$/ },
  {
    name: 'a harmless statement that is closed and made another of the same name',
    bytes: Buffer.concat([
      wireParse('a', 'select 1'),
      closeStatement('a'),
      wireParse('a', 'delete from invoices'),
      wireBind('', 'a'),
      wireExecute(''),
      WIRE_SYNC,
    ]),
    expect: /^13EZ$/,
  },
  {
    name: 'a name given to another statement by SQL',
    first: [Buffer.concat([wireParse('b', 'select 1'), WIRE_SYNC]), wireQuery('deallocate b'), wireQuery('prepare b as select ssn from customers')],
    bytes: Buffer.concat([wireBind('', 'b'), wireExecute(''), WIRE_SYNC]),
    never: SSN,
    expect: /E/,
  },
  {
    name: 'a Parse of a name that is taken',
    first: [Buffer.concat([wireParse('c', 'select ssn from customers'), WIRE_SYNC]), Buffer.concat([wireParse('c', 'select email from customers'), WIRE_SYNC])],
    bytes: Buffer.concat([wireBind('', 'c'), wireExecute(''), WIRE_SYNC]),
    never: SSN,
    expect: /^2DCZ$/,
  },
  {
    name: 'a portal that is a cursor of SQL',
    first: [wireQuery('begin'), wireQuery('declare cc cursor for select ssn from customers')],
    bytes: Buffer.concat([wireExecute('cc'), WIRE_SYNC]),
    never: SSN,
    expect: /E/,
  },
  {
    name: 'a portal of the protocol that is fetched from by SQL',
    first: [wireQuery('begin'), Buffer.concat([wireParse('', 'select ssn from customers'), wireBind('pp', ''), describePortal('pp'), WIRE_SYNC])],
    bytes: wireQuery('fetch all from pp'),
    never: SSN,
    expect: /TDCZ|E/,
  },
  {
    name: 'a relation named by a parameter, as text',
    bytes: Buffer.concat([wireParse('', `select table_to_xml($1, true, false, '')`, [2205]), wireBind('', '', ['internal.keys']), wireExecute(''), WIRE_SYNC]),
    never: 'hidden-value',
    expect: /E/,
  },
  {
    name: 'a relation named by a parameter whose type the server finds out',
    bytes: Buffer.concat([wireParse('', `select table_to_xml($1, true, false, '')`), wireBind('', '', ['internal.keys']), wireExecute(''), WIRE_SYNC]),
    never: 'hidden-value',
    expect: /E/,
  },
  { name: 'a text behind a NUL', bytes: message(0x51, Buffer.from('select 1\0; delete from invoices\0')), expect: /^EZ$/ },
  { name: 'a text that is not UTF-8', bytes: message(0x51, Buffer.from([0x73, 0x65, 0x6c, 0x65, 0x63, 0x74, 0x20, 0x27, 0xff, 0x27, 0])), expect: /^EZ$/ },
  { name: 'a masked column without Describe, in binary', bytes: wireExtended('select ssn from customers', { format: 1 }), never: SSN, expect: /^12DCZ$/ },
  {
    name: 'a search path that changes between Parse and Execute',
    first: [Buffer.concat([wireParse('d', 'select * from keys'), WIRE_SYNC])],
    bytes: Buffer.concat([wireParse('e', `set search_path = internal`), wireBind('', 'e'), wireExecute(''), wireBind('f', 'd'), wireExecute('f'), WIRE_SYNC]),
    never: 'hidden-value',
    expect: /E/,
  },
  { name: 'another role in the startup', startup: { options: '-c role=paymaster' }, bytes: wireQuery('select current_user'), never: 'paymaster', expect: /!$/ },
  {
    name: 'another role as a parameter of the startup',
    startup: { role: 'paymaster' },
    bytes: wireQuery('select current_user'),
    never: 'paymaster',
    expect: /!$/,
  },
  { name: 'an option that is no setting', startup: { options: '-f n' }, bytes: wireQuery('select 1'), expect: /!$/ },
  { name: 'options without end', startup: { options: '-c= -c' }, bytes: wireQuery('select 1'), expect: /!$/ },
  { name: 'another encoding in the startup', startup: { client_encoding: 'SJIS' }, bytes: wireQuery('select 1'), expect: /!$/ },
  { name: 'a message of an unknown type', bytes: Buffer.from('7a0000000578', 'hex'), expect: /!$/ },
  { name: 'a second startup', bytes: Buffer.from('0000000804d2162f', 'hex'), expect: /!$/ },
  { name: 'a password after the sign-in', bytes: message(0x70, cstring('x')), expect: /!$/ },
  {
    name: 'a Bind that is shorter than it says',
    bytes: Buffer.concat([wireParse('', 'select 1'), message(0x42, Buffer.from('0000000100', 'hex')), WIRE_SYNC]),
    expect: /!$/,
  },
];

for (const { name, bytes, first = [], startup, never, expect } of OWN) {
  test(`does no harm: ${name}`, async () => {
    const rows = async (): Promise<unknown> => (await shop.direct.query('select count(*) from invoices')).rows;
    const before = await rows();
    const client = await openWire(shop.port, await shop.login(), startup);
    if (client.greeting.types.endsWith('!')) {
      assert.match(client.greeting.types, expect);
      return;
    }
    for (const each of first) await client.ask(each);
    const answer = await client.ask(bytes);
    client.end();
    assert.match(answer.types, expect, answer.bytes.toString('latin1'));
    if (never !== undefined) assert.ok(!answer.bytes.toString('latin1').includes(never), 'it is shown');
    assert.deepEqual(await rows(), before);
  });
}

test('what those cases do with allowed statements passes', async () => {
  const client = await openWire(shop.port, await shop.login(), { options: '-c statement_timeout=60000 -c extra_float_digits=2', application_name: 'it' });
  const answer = await client.ask(wireQuery('show statement_timeout'));
  assert.match(answer.bytes.toString('latin1'), /1min/);
  const swapped = await client.ask(
    Buffer.concat([wireParse('a', 'select 1'), closeStatement('a'), wireParse('a', 'select 2'), wireBind('', 'a'), wireExecute(''), WIRE_SYNC]),
  );
  assert.equal(swapped.types, '1312DCZ');
  const named = [wireParse('', 'select $1::text as relation', [2205]), wireBind('', '', ['items']), wireExecute(''), WIRE_SYNC];
  const table = await client.ask(Buffer.concat(named));
  assert.equal(table.types, '12DCZ', table.bytes.toString('latin1'));
  client.end();
});
