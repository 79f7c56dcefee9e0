import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pause } from './pause.ts';

test('a pause lasts its time, or until somebody ends it; ending what is over cuts no later one short', async () => {
  const pause = new Pause();
  await pause.last(1);
  pause.end();
  let isOver = false;
  const second = pause.last(3_600_000).then(() => (isOver = true));
  await new Promise(setImmediate);
  assert.equal(isOver, false);
  pause.end();
  await second;
  assert.equal(isOver, true);
});
