import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remembered } from './remembered.ts';

test('what was found for a text is not looked for again, and only so many texts of a bounded length are kept', () => {
  const asked: string[] = [];
  const find = remembered((text) => {
    asked.push(text);
    return [text.length];
  });
  assert.equal(find('tools/call run'), find('tools/call run'));
  assert.deepEqual(asked, ['tools/call run']);
  const long = 'x'.repeat(10_000);
  assert.deepEqual([find(long), find(long)], [[10_000], [10_000]]);
  for (let i = 0; i < 5000; i += 1) find(`name ${i}`);
  const before = asked.length;
  assert.deepEqual(find('tools/call run'), [14]);
  assert.equal(asked.length, before + 1);
});
