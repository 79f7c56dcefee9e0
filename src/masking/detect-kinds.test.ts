import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKindSearch } from './detect-kinds.ts';

test('the kinds of values in arguments are told, wherever they stand, and one does not hide another', () => {
  const search = createKindSearch(['secret', 'email'], []);
  const found = (value: Parameters<typeof search>[0]) => [...search(value)].toSorted();
  assert.deepEqual(found({ note: 'nothing here' }), []);
  assert.deepEqual(found({ config: [{ password: 'hunter2-and-more' }] }), ['secret']);
  assert.deepEqual(found({ text: JSON.stringify({ to: 'ada@example.org' }) }), ['email']);
  assert.deepEqual(found({ password: 'ada@example.org' }), ['email', 'secret']);
});

test("a policy's own patterns and words are kinds too", () => {
  const pattern = { name: 'badge', regex: 'EMP-\\d{4}' };
  const search = createKindSearch(['badge'], [{ fields: [], detect: [], operator: 'redact', pattern }]);
  assert.deepEqual([...search('by EMP-1234')], ['badge']);
  assert.deepEqual([...search('by nobody')], []);
});
