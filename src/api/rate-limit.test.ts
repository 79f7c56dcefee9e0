import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimit } from './rate-limit.ts';

test('each key has its burst, gets it back by the minute and no more, and what did not count comes back at once', () => {
  let now = 0;
  const limit = new RateLimit({ burst: 2, perMinute: 2, now: () => now });
  assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('b')], [true, true, false, true]);
  now += 30_000;
  assert.deepEqual([limit.take('a'), limit.take('a')], [true, false]);
  limit.giveBack('a');
  assert.deepEqual([limit.take('a'), limit.take('a')], [true, false]);
  now += 3_600_000;
  assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a')], [true, true, false]);
});

test('made-up keys take a bounded memory', () => {
  const limit = new RateLimit({ burst: 1, perMinute: 1, now: () => 0 });
  assert.equal(limit.take('first'), true);
  for (let n = 0; n < 10_000; n += 1) limit.take(`made-up-${n}`);
  assert.equal(limit.take('first'), true);
});
