import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { QueryArrayResult } from 'pg';
import type { MaskOperator } from '../../../core/decision.ts';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/sql-database.ts';
import { createCellMask, type Cell } from './cell-mask.ts';
import { MARKERS, SECRETS } from './leak-markers.ts';
import { LINEAGE_SCHEMA, WAYS, type Way } from './lineage-ways.ts';
import { compileColumnMasks, maskVerdict, type ColumnMask, type ColumnMasks, type MaskVerdict } from './mask-verdict.ts';

const key = Buffer.alloc(32, 3);

let database: TestDatabase;

before(async () => {
  database = await openTestDatabase(LINEAGE_SCHEMA);
});
after(() => database.stop());

function masksWith(operator: MaskOperator): ColumnMasks {
  return compileColumnMasks([{ fields: [], detect: [], operator, columns: ['people.ssn', 'people.card'] }], database.catalog);
}

const verdictOf = (statement: string, operator: MaskOperator): MaskVerdict => maskVerdict(database.analyse(statement), masksWith(operator));

type Rows = readonly (readonly Cell[])[];

interface Result {
  readonly rows: Rows;
  readonly types: readonly number[];
}

const asBytes = (cell: unknown): Cell => (cell === null ? null : Buffer.isBuffer(cell) ? cell : Buffer.from(typeof cell === 'string' ? cell : ''));

/** What the server itself answers, cell by cell, as bytes; in a transaction that is rolled back. */
async function run(statement: string, format: 0 | 1): Promise<readonly Result[]> {
  const { client } = database;
  const types = { getTypeParser: () => (value: unknown) => value };
  await client.query('begin');
  try {
    const config = { text: statement, rowMode: 'array' as const, types, ...(format === 1 ? { binary: true } : {}) };
    const answer = await client.query<unknown[]>(config);
    // Several statements in one text are answered by as many results, which the types of `pg` do not say.
    const results = (Array.isArray(answer) ? answer : [answer]) as readonly QueryArrayResult<unknown[]>[];
    return results.map(({ rows, fields }) => ({ rows: rows.map((row) => row.map(asBytes)), types: fields.map(({ dataTypeID }) => dataTypeID) }));
  } finally {
    await client.query('rollback');
  }
}

function masked({ rows, types }: Result, masks: readonly (ColumnMask | undefined)[], format: 0 | 1): Rows {
  assert.equal(types.length, masks.length, 'as many columns come as were foreseen');
  const cells = masks.map((mask, at) => mask && createCellMask(mask, types[at] ?? 0, format, key));
  return rows.map((row) => row.map((cell, at) => (cells[at] ? cells[at](cell) : cell)));
}

const textOf = (rows: Rows): string =>
  rows.map((row) => row.map((cell) => (cell === null ? '\\N' : Buffer.from(cell).toString('latin1'))).join('\t')).join('\n');

const leaks = (text: string, markers: readonly string[] = MARKERS): readonly string[] => markers.filter((marker) => text.includes(marker));

/** Every result of a text under its masks, as one text. */
async function shown({ statement }: Way, verdict: Extract<MaskVerdict, { kind: 'masked' }>, format: 0 | 1): Promise<string> {
  const results = await run(statement, format);
  return results.map((result, at) => textOf(masked(result, verdict.statements[at] ?? [], format))).join('\n');
}

test('there are more than 64 ways, and they do return the column', async () => {
  assert.ok(WAYS.length >= 64, `${WAYS.length} ways`);
  for (const { statement, hidden } of WAYS) {
    if (hidden) continue;
    const raw = (await run(statement, 0)).map(({ rows }) => textOf(rows)).join('\n');
    assert.notDeepEqual(leaks(raw), [], `nothing to hide in: ${statement}`);
  }
});

for (const way of WAYS) {
  test(`a masked column does not come out: ${way.statement}`, async () => {
    const verdict = verdictOf(way.statement, 'redact');
    assert.equal(verdict.kind, way.becomes, verdict.kind === 'refused' ? verdict.reason : 'it is not refused');
    if (verdict.kind === 'refused') return assert.match(verdict.reason, /masked for you/);
    assert.deepEqual(leaks(await shown(way, verdict, 0)), []);
    if (!way.statement.includes(';')) assert.deepEqual(leaks(await shown(way, verdict, 1)), []);
  });
}

test('no operator lets anything through of what is made of a masked column', async () => {
  for (const operator of ['partial', 'hash', 'fake', 'null'] as const) {
    for (const way of WAYS.filter(({ becomes }) => becomes === 'masked')) {
      const verdict = verdictOf(way.statement, operator);
      assert.ok(verdict.kind === 'masked');
      const plain = verdict.statements.flat().some((mask) => mask?.each === 'value');
      // Of the column itself `partial` keeps four characters, as it says.
      assert.deepEqual(leaks(await shown(way, verdict, 0), plain ? SECRETS : MARKERS), [], `${operator}: ${way.statement}`);
    }
  }
});

test('columns beside a masked one come as they are', async () => {
  const statement = 'select id, email, ssn, phone from people order by id';
  const verdict = verdictOf(statement, 'redact');
  assert.ok(verdict.kind === 'masked');
  const [first] = (await run(statement, 0)).map((result) => masked(result, verdict.statements[0] ?? [], 0));
  assert.equal(textOf(first?.slice(0, 1) ?? []), '1\tann@example.test\t[redacted:ssn]\t+14155550134');
});

test('what does not touch a masked column passes as it is', () => {
  for (const statement of [
    'select * from notes',
    'select id, email from people where email like $1',
    'select count(*) from people',
    'select v.label from labels v',
    'update notes set body = upper(body) returning *',
  ]) {
    const verdict = verdictOf(statement, 'redact');
    assert.ok(verdict.kind === 'masked', statement);
    assert.ok(
      verdict.statements.flat().every((mask) => mask === undefined),
      statement,
    );
  }
});

test('whoever a mask does not name sees the column', () => {
  const none = compileColumnMasks([], database.catalog);
  for (const { statement } of WAYS) assert.equal(maskVerdict(database.analyse(statement), none).kind, 'masked');
});

test('a mask that allows predicates lets conditions through, and nothing else', () => {
  const masks = compileColumnMasks([{ fields: [], detect: [], operator: 'redact', columns: ['people.ssn'], predicates: 'allow' }], database.catalog);
  assert.equal(maskVerdict(database.analyse(`select id, ssn from people where ssn like '5%' order by ssn`), masks).kind, 'masked');
  assert.equal(maskVerdict(database.analyse('select ssn::int from people'), masks).kind, 'refused');
  assert.equal(maskVerdict(database.analyse('insert into notes(body) select ssn from people'), masks).kind, 'refused');
});

interface Channel {
  readonly name: string;
  readonly statement: string;
  /** `refused`, or let through in silence: texts beside the rows are not passed on. */
  readonly becomes: 'refused' | 'silent';
}

const CHANNELS: readonly Channel[] = [
  { name: 'an error of a cast', statement: 'select ssn::int from people', becomes: 'refused' },
  { name: 'an error of a cast to a name', statement: 'select ssn::regclass from people', becomes: 'refused' },
  { name: 'an error that quotes the row', statement: 'update people set email = null where id = 1', becomes: 'silent' },
  { name: 'an error that quotes a key', statement: `insert into people(id, email) values (1, 'x')`, becomes: 'silent' },
  { name: 'an error of a division', statement: 'select 1 / (ascii(ssn) - 53) from people', becomes: 'refused' },
  { name: 'an error of a condition', statement: `select case when ssn like '5%' then 1 / 0 end from people`, becomes: 'refused' },
  { name: 'a notice of a function', statement: 'select tell(1)', becomes: 'silent' },
  { name: 'a notice of a trigger', statement: 'update people set email = email', becomes: 'silent' },
  { name: 'a notification', statement: `select pg_notify('c', ssn) from people`, becomes: 'refused' },
  { name: 'a parameter status', statement: `select set_config('application_name', ssn, false) from people`, becomes: 'refused' },
  { name: 'COPY to a file of the server', statement: `copy (select ssn from people) to '/tmp/x'`, becomes: 'refused' },
  { name: 'a plan that says how many rows are expected', statement: `explain select 1 from people where ssn = '536-22-7741'`, becomes: 'refused' },
  { name: 'another table', statement: 'insert into notes(body) select ssn from people', becomes: 'refused' },
  { name: 'another column of the same table', statement: 'update people set email = ssn', becomes: 'refused' },
  { name: 'a new table', statement: 'create table copied as select * from people', becomes: 'refused' },
  { name: 'a table by SELECT INTO', statement: 'select ssn into temp kept from people', becomes: 'refused' },
  { name: 'a large object', statement: `select lo_from_bytea(0, ssn::bytea) from people`, becomes: 'refused' },
];

for (const { name, statement, becomes } of CHANNELS) {
  test(`a masked column does not leave by ${name}`, () => {
    const verdict = verdictOf(statement, 'redact');
    if (becomes === 'refused') return assert.equal(verdict.kind, 'refused');
    assert.ok(verdict.kind === 'masked' && verdict.silent);
  });
}

test('COPY to the client has the verdict of each of its columns', () => {
  const masks = masksWith('redact');
  const of = (statement: string): unknown => {
    const verdict = maskVerdict(database.analyse(statement), masks);
    return verdict.kind === 'masked' && verdict.statements[0]?.map((mask) => mask?.each);
  };
  assert.deepEqual(of('copy (select id, ssn, upper(ssn) from people) to stdout'), [undefined, 'value', 'constant']);
  assert.deepEqual(of('copy people(email, ssn) to stdout'), [undefined, 'value']);
});
