import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeafCheck } from './leaf-check.ts';

test('a log that was signed every two seconds for a week is compared with its newest checkpoint', () => {
  const checkpoints = Array.from({ length: 302_400 }, (_, at) => ({ origin: 'here/w1', size: at + 1, root: '' }));
  const check = new LeafCheck('w1', checkpoints);
  check.end(0);
  assert.deepEqual([check.problem?.kind, check.problem?.message], ['truncated', 'event 0: the log ends here, but 302400 events were signed']);
});
