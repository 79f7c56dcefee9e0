import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendMany } from '../../test/support/steady.ts';

test('memory and open files do not grow with the events that were recorded', async (t) => {
  const held = await appendMany(24_000, 4, ({ events, heapMegabytes, files }) =>
    t.diagnostic(`${events} events: ${heapMegabytes.toFixed(1)} MB of heap, ${files} files`),
  );
  const [, second, , last] = held;
  assert.ok(second && last);
  // What is held of the sessions is bounded by 4096 data keys, which these are less than: so some, and not the 12,000 events between the two looks.
  assert.ok(last.heapMegabytes - second.heapMegabytes < 6, `${second.heapMegabytes} MB, then ${last.heapMegabytes} MB`);
  assert.ok(last.files <= second.files + 2, `${second.files} files, then ${last.files}`);
});
