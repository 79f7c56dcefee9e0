import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersAgain, RETELL_MS, statusAt } from './approval-life.ts';

const row = (status: string) => ({ status, expires_at: 1_000_000, changed_at: 500_000 });

test('pending and granted are expired from their end on, what ran or ended otherwise is not', () => {
  for (const status of ['pending', 'granted']) {
    assert.equal(statusAt(row(status), 999_999), status);
    assert.equal(statusAt(row(status), 1_000_000), 'expired');
  }
  for (const status of ['denied', 'withdrawn', 'executing', 'consumed', 'indeterminate']) assert.equal(statusAt(row(status), 2_000_000), status);
});

test('a repeat hears a denial, an unknown outcome and an expiry for a minute, then people are asked anew', () => {
  for (const status of ['denied', 'indeterminate']) {
    assert.equal(answersAgain(row(status), 500_000 + RETELL_MS - 1), true);
    assert.equal(answersAgain(row(status), 500_000 + RETELL_MS), false);
  }
  for (const status of ['pending', 'granted', 'expired']) {
    assert.equal(answersAgain(row(status), 1_000_000 + RETELL_MS - 1), true);
    assert.equal(answersAgain(row(status), 1_000_000 + RETELL_MS), false);
  }
});

test('a repeat gets the result as long as it is kept, waits for one that runs, and never hears of a withdrawn one', () => {
  assert.equal(answersAgain(row('consumed'), 999_999), true);
  assert.equal(answersAgain(row('consumed'), 1_000_000), false);
  assert.equal(answersAgain(row('executing'), 9_000_000), true);
  assert.equal(answersAgain(row('withdrawn'), 500_001), false);
});
