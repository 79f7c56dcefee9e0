import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAt } from './run-at.ts';

const DAY_MS = 86_400_000;

test('what is to happen in a month does not happen at once', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  let done = 0;
  runAt(30 * DAY_MS, () => (done += 1));
  context.mock.timers.tick(29 * DAY_MS);
  assert.equal(done, 0);
  context.mock.timers.tick(DAY_MS);
  assert.equal(done, 1);
});

test('what is late happens now, and what is stopped never', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 40 * DAY_MS });
  let done = 0;
  runAt(DAY_MS, () => (done += 1));
  const stop = runAt(80 * DAY_MS, () => (done += 1));
  context.mock.timers.tick(30 * DAY_MS);
  stop();
  context.mock.timers.tick(30 * DAY_MS);
  assert.equal(done, 1);
});
