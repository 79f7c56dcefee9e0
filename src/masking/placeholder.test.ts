import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMasker } from './masker.ts';
import { containsPlaceholder } from './placeholder.ts';

test('what redact, hash and partial wrote is recognised wherever it is sent back', () => {
  for (const operator of ['redact', 'hash', 'partial'] as const) {
    const { value } = createMasker([{ fields: [], detect: ['credit-card'], operator }], { key: new Uint8Array(32), direction: 'reply' }).json({
      card: '4929722653797141',
    });
    assert.equal(containsPlaceholder(value), true, operator);
    assert.equal(containsPlaceholder([{ nested: JSON.stringify(value) }]), true, operator);
    assert.equal(containsPlaceholder({ [JSON.stringify(value)]: 1 }), true, operator);
  }
});

test('ordinary values hold no placeholder', () => {
  assert.equal(containsPlaceholder({ a: ['**bold** and *this*', 'array[redacted]', '[hash]', 4929722653797141, null, true] }), false);
});
