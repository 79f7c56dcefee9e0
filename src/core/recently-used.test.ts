import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentlyUsed } from './recently-used.ts';

test('what was not used for the longest time goes first, and a use counts whenever it was', () => {
  const memory = new RecentlyUsed<number>(2);
  memory.set('a', 1);
  memory.set('b', 2);
  assert.equal(memory.get('a'), 1);
  assert.equal(memory.get('a'), 1);
  memory.set('c', 3);
  assert.deepEqual([memory.get('a'), memory.get('b'), memory.get('c'), memory.size], [1, undefined, 3, 2]);
  memory.set('a', 4);
  memory.set('d', 5);
  assert.deepEqual([memory.get('a'), memory.get('c'), memory.get('d')], [4, undefined, 5]);
});

test('what was let go comes back as new', () => {
  const memory = new RecentlyUsed<number>(2);
  memory.set('a', 1);
  memory.delete('a');
  assert.equal(memory.get('a'), undefined);
  memory.set('b', 2);
  memory.set('a', 3);
  memory.get('b');
  memory.set('c', 4);
  assert.deepEqual([memory.get('a'), memory.get('b')], [undefined, 2]);
  memory.clear();
  assert.deepEqual([memory.size, memory.get('b')], [0, undefined]);
});
