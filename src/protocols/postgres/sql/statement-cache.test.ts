import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catalog } from './catalog/catalog.ts';
import { Grammar } from './grammar.ts';
import { afterChange, openNamespace } from './namespace.ts';
import { StatementCache } from './statement-cache.ts';
import { analyse } from './analysis.ts';
import { templateOf } from './template.ts';

const grammar = await Grammar.load();
const catalog = (): Catalog =>
  new Catalog({ server: 150018, database: 'd', schemas: ['public'], relations: [], functions: [], operators: [], types: [], casts: [] });
const namespace = openNamespace('ann', ['public']);

test('a text is analysed once as long as names mean the same', () => {
  const cache = new StatementCache();
  const options = { grammar, catalog: catalog(), namespace };
  const first = cache.analyse('select 1', options);
  assert.equal(cache.analyse('select 1', options), first);
  assert.notEqual(cache.analyse('select 1', { ...options, catalog: catalog() }), first);
});

test('another search path, and another way to read texts, is another analysis', () => {
  const cache = new StatementCache();
  const options = { grammar, catalog: catalog(), namespace };
  const first = cache.analyse('select 1', options);
  assert.notEqual(cache.analyse('select 1', { ...options, namespace: openNamespace('ann', ['other']) }), first);
  const otherwise = { ...options, namespace: afterChange(namespace, { kind: 'lexing', lexing: 'other' }) };
  assert.match(String(cache.analyse('select 1', otherwise).unknown), /otherwise/);
});

test('what names a statement of the session is analysed each time', () => {
  const cache = new StatementCache();
  const options = { grammar, catalog: catalog(), namespace };
  assert.notEqual(cache.analyse('execute p', options).unknown, undefined);
  const reading = grammar.parse('select 1');
  assert.ok(reading.kind === 'statements' && reading.statements[0]?.stmt);
  const prepared = afterChange(namespace, { kind: 'prepare', name: 'p', statement: reading.statements[0].stmt });
  assert.equal(cache.analyse('execute p', { ...options, namespace: prepared }).unknown, undefined);
});

test('only so many are kept, those used last', () => {
  const cache = new StatementCache(2);
  const options = { grammar, catalog: catalog(), namespace };
  const first = cache.analyse('select 1', options);
  const second = cache.analyse('select 2', options);
  cache.analyse('select 1', options);
  cache.analyse('select 3', options);
  assert.equal(cache.analyse('select 1', options), first);
  assert.notEqual(cache.analyse('select 2', options), second);
});

test('texts that differ in a number that a column is compared with are analysed once, and as each of them would be', () => {
  const cache = new StatementCache();
  const relation = {
    oid: 20000,
    schema: 'public',
    name: 't',
    kind: 'table',
    columns: [
      { name: 'a', type: 23 },
      { name: 'b', type: 23 },
    ],
  } as const;
  const options = {
    grammar,
    namespace,
    catalog: new Catalog({ server: 150018, database: 'd', schemas: ['public'], relations: [relation], functions: [], operators: [], types: [], casts: [] }),
  };
  const forms: readonly ((n: string) => string)[] = [
    (n) => `SELECT a FROM t WHERE b = ${n};`,
    (n) => `select * from t where a >= ${n} and t.b<>${n} order by 1 limit 5`,
    (n) => `update t set a = ${n}, b = b + 1 where a<${n}`,
    (n) => `delete from t where b\n=\t${n}`,
    (n) => `with x as (select a from t where a = ${n}) select * from x`,
  ];
  for (const form of forms) {
    const first = cache.analyse(form('17'), options);
    assert.equal(cache.analyse(form('999999999'), options), first, form('n'));
    for (const n of ['0', '1', '17', '999999999']) assert.deepEqual(analyse(form(n), options), first, form(n));
  }
});

test('a number that may mean something else is a text of its own', () => {
  for (const [one, other] of [
    ['select a from t where b = 5', 'select a from t where b = 5.0'],
    ['select a from t where b = 5', 'select a from t where b = 5000000000'],
    ['select a from t where b = 5', 'select a from t where b = -5'],
    ['select a from t order by 1', 'select a from t order by 2'],
    ['select a from t limit 1', 'select a from t limit 2'],
    ['delete from t where 1 = 1', 'delete from t where 2 = 1'],
    ['select f(n => 1)', 'select f(n => 2)'],
    ['select f(1)', 'select f(2)'],
    ['set statement_timeout = 1', 'set statement_timeout = 2'],
    ["select 'a = 1'", "select 'a = 2'"],
    ['select 1 /* a = 1 */', 'select 1 /* a = 2 */'],
    ['select 1 -- a = 1', 'select 1 -- a = 2'],
    ['select "a = 1"', 'select "a = 2"'],
    ['select $$a = 1$$', 'select $$a = 2$$'],
    // Spaces that the server reads as letters.
    ['select a from t where b =\u00a01', 'select a from t where b =\u00a02'],
    ['select a\u20281 = 1', 'select a\u20281 = 2'],
  ] as const) {
    assert.notEqual(templateOf(one), templateOf(other), one);
  }
});
