import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Relation } from './catalog/catalog.ts';
import type { Change } from './namespace.ts';
import { SessionNames } from './session-names.ts';

const path = (schema: string, until: 'session' | 'transaction' = 'session'): Change => ({ kind: 'search-path', path: [schema], until });
const relation: Relation = { oid: -1, schema: 'pg_temp', name: 'kept', kind: 'table', columns: [] };
const temporary = (until: 'session' | 'transaction' = 'session'): Change => ({ kind: 'temporary', relation, until });
const open = (): SessionNames => new SessionNames('ann', ['public']);

test('a change outside of a transaction holds', () => {
  const names = open();
  names.ran([path('other')]);
  names.ready('I');
  assert.deepEqual(names.current.searchPath, ['other']);
});

test('a change in a transaction holds when it is committed, and not when it is rolled back', () => {
  for (const end of ['commit', 'rollback'] as const) {
    const names = open();
    names.ran([{ kind: 'begin' }]);
    names.ready('T');
    names.ran([path('other'), temporary()]);
    names.ready('T');
    names.ran([{ kind: end }]);
    names.ready('I');
    assert.deepEqual(names.current.searchPath, end === 'commit' ? ['other'] : ['public']);
    assert.equal(names.current.temporary.has('kept'), end === 'commit');
  }
});

test('a failure rolls back, whatever ends the transaction then', () => {
  const names = open();
  names.ran([{ kind: 'begin' }, path('other')]);
  names.ready('T');
  names.failed();
  names.ready('E');
  names.ran([{ kind: 'commit' }]);
  names.ready('I');
  assert.deepEqual(names.current.searchPath, ['public']);
});

test('a failed round without a transaction changes nothing', () => {
  const names = open();
  names.ran([path('other')]);
  names.failed();
  names.ready('I');
  assert.deepEqual(names.current.searchPath, ['public']);
});

test('SET LOCAL, and a table that is dropped on commit, end with the transaction', () => {
  const names = open();
  names.ran([{ kind: 'begin' }, path('other', 'transaction'), temporary('transaction')]);
  names.ready('T');
  assert.deepEqual(names.current.searchPath, ['other']);
  names.ran([{ kind: 'commit' }]);
  names.ready('I');
  assert.deepEqual(names.current.searchPath, ['public']);
  assert.equal(names.current.temporary.size, 0);
});

test('after going back to a savepoint names that changed are not relied on until the transaction ends', () => {
  const names = open();
  names.ran([{ kind: 'begin' }, temporary()]);
  names.ready('T');
  names.ran([{ kind: 'rollback' }]);
  names.ready('T');
  assert.equal(names.current.searchPath, undefined);
  assert.equal(names.current.temporary.size, 0);
});

test('going back to a savepoint where no name changed keeps them', () => {
  const names = open();
  names.ran([{ kind: 'begin' }]);
  names.ready('T');
  names.ran([{ kind: 'rollback' }]);
  names.ready('T');
  assert.deepEqual(names.current.searchPath, ['public']);
});

test('a prepared statement outlives the transaction that failed', () => {
  const names = open();
  names.ran([{ kind: 'begin' }, { kind: 'prepare', name: 'p', statement: { SelectStmt: {} } }]);
  names.failed();
  names.ready('E');
  names.ran([{ kind: 'rollback' }]);
  names.ready('I');
  assert.ok(names.current.prepared.has('p'));
});
