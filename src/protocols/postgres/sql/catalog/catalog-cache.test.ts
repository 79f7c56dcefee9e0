import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { until } from '../../../../../test/support/until.ts';
import { CatalogCache } from './catalog-cache.ts';

/** A server that says what its catalog is; how often it was asked is counted. */
function server() {
  const state = { version: '1', reads: 0, polls: 0, down: false };
  const query = (statement: string): Promise<string> => {
    if (state.down) return Promise.reject(new Error('gone'));
    if (statement.includes('set_config')) return Promise.resolve('pg_catalog');
    if (statement.includes('hashtextextended')) {
      state.polls += 1;
      return Promise.resolve(state.version);
    }
    state.reads += 1;
    const schemas = [`s${state.version}`];
    return Promise.resolve(JSON.stringify({ server: 150018, database: 'd', schemas, relations: [], functions: [], operators: [], types: [], casts: [] }));
  };
  return { state, query };
}

test('the catalog is read once, however many ask at once', async () => {
  const { state, query } = server();
  const cache = new CatalogCache(query);
  assert.equal(cache.known, undefined);
  const [first, second] = await Promise.all([cache.current(), cache.current()]);
  assert.equal(first, second);
  assert.equal(cache.known, first);
  assert.equal(state.reads, 1);
  cache.close();
});

test('after a statement that changes names nothing is known until the catalog was read again', async () => {
  const { state, query } = server();
  const cache = new CatalogCache(query);
  await cache.current();
  state.version = '2';
  cache.invalidate();
  assert.equal(cache.known, undefined);
  assert.ok((await cache.current()).hasSchema('s2'));
  cache.close();
});

test('what was being read when names changed is not kept', async () => {
  const { state, query } = server();
  const cache = new CatalogCache(query);
  const early = cache.current();
  cache.invalidate();
  state.version = '2';
  assert.ok((await early).hasSchema('s2'));
  assert.ok((await cache.current()).hasSchema('s2'));
  cache.close();
});

test('what somebody else changed is noticed by the next poll', async () => {
  const { state, query } = server();
  const cache = new CatalogCache(query, { pollMs: 5 });
  await cache.current();
  state.version = '2';
  await until('the change to be noticed', () => (cache.known === undefined ? true : undefined));
  assert.ok((await cache.current()).hasSchema('s2'));
  cache.close();
});

test('when the server does not answer, what was known ends, and then nothing is told', async () => {
  const { state, query } = server();
  let now = 0;
  const cache = new CatalogCache(query, { pollMs: 5, staleMs: 100, now: () => now });
  await cache.current();
  state.down = true;
  await after(20);
  assert.ok(cache.known);
  now = 101;
  assert.equal(cache.known, undefined);
  await assert.rejects(cache.current(), { code: 'upstream_unreachable' });
  cache.close();
});

test('a server whose grammar differs is refused', async () => {
  const old = { server: 140012, database: 'd', schemas: [], relations: [], functions: [], operators: [], types: [], casts: [] };
  const cache = new CatalogCache((statement) => Promise.resolve(statement.includes('json_build_object') ? JSON.stringify(old) : 'x'));
  await assert.rejects(cache.current(), { code: 'upstream_invalid' });
});
