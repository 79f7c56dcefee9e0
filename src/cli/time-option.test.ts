import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeOption } from './time-option.ts';

test('a time is a span, a day in UTC, or has its zone; nothing is guessed', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  assert.equal(timeOption('since', '2h', now), '2026-11-21T10:00:00.000Z');
  assert.equal(timeOption('since', '2026-11-21', now), '2026-11-21T00:00:00.000Z');
  assert.equal(timeOption('since', '2026-11-21T14:00:00+01:00', now), '2026-11-21T13:00:00.000Z');
  assert.equal(timeOption('since', '2026-11-21T14:00Z', now), '2026-11-21T14:00:00.000Z');
  for (const text of ['yesterday', '21.11.2026', '2026-13-01', '', '12', '2026-11-21 14:00']) {
    assert.throws(() => timeOption('since', text, now), { code: 'usage' }, text);
  }
  // Without its zone a time is the machine's own, and reads differently elsewhere.
  assert.throws(() => timeOption('since', '2026-11-21T14:00', now), { code: 'usage' });
});
