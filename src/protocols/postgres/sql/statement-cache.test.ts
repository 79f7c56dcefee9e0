import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catalog } from './catalog/catalog.ts';
import { Grammar } from './grammar.ts';
import { afterChange, openNamespace } from './namespace.ts';
import { StatementCache } from './statement-cache.ts';

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
