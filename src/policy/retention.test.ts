import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRetention } from './retention.ts';

test('a retention is a number of days or years', () => {
  assert.equal(readRetention('90d'), 90 * 86_400_000);
  assert.equal(readRetention('7y'), 7 * 365 * 86_400_000);
  for (const wrong of ['', '0d', '90', '1h', '200y', '99999d', '-1d', '1.5d', ' 1d']) assert.equal(readRetention(wrong), undefined, wrong);
});
