import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSpeed, replayPauses } from './replay-pace.ts';

test('a replay waits between events as long as it was, divided by the speed', () => {
  const times = [1000, 1500, 1500, 3500];
  assert.deepEqual(
    replayPauses(times, { speed: 1, longestMs: 10_000 }).map(({ waitMs }) => waitMs),
    [0, 500, 0, 2000],
  );
  assert.deepEqual(
    replayPauses(times, { speed: 4, longestMs: 10_000 }).map(({ waitMs }) => waitMs),
    [0, 125, 0, 500],
  );
  assert.deepEqual(
    replayPauses(times, { speed: 0, longestMs: 10_000 }).map(({ waitMs }) => waitMs),
    [0, 0, 0, 0],
  );
});

test('a long wait is cut, and says how long it was; a clock that was set back waits for nothing', () => {
  assert.deepEqual(replayPauses([0, 300_000, 100], { speed: 2, longestMs: 3000 }), [{ waitMs: 0 }, { waitMs: 3000, insteadOfMs: 300_000 }, { waitMs: 0 }]);
});

test('a speed is a number or instant', () => {
  assert.deepEqual(['1', '0', '0.5', '16', 'instant'].map(readSpeed), [1, 0, 0.5, 16, 0]);
  for (const text of ['', '-1', 'fast', '1e9', 'NaN', 'Infinity', '0.001']) assert.throws(() => readSpeed(text), { code: 'usage' }, text);
});
