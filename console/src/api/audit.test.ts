import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canFollow, exportAddress, readFilter } from './audit.ts';

test('a filter that comes from an address holds texts of known fields and nothing else', () => {
  assert.deepEqual(readFilter({ text: 'churn', kind: '', target: 7, since: ['x'], admin: 'yes', effect: 'deny' }), { text: 'churn', effect: 'deny' });
});

test('an export is asked for with the same filter, escaped', () => {
  assert.equal(exportAddress({ text: 'a&b=c #' }, 'csv', { content: true }), '/api/audit/export?text=a%26b%3Dc+%23&format=csv&content=yes');
});

test('what is looked for by words or before a time is not followed', () => {
  assert.deepEqual([{}, { kind: 'command' }, { since: 'x' }, { text: 'a' }, { until: 'x' }].map(canFollow), [true, true, true, false, false]);
});
