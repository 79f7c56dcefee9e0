import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closestName, didYouMean } from './closest-name.ts';

test('the nearest known name is proposed, and none where nothing is near', () => {
  const known = ['models', 'billing', 'allow', 'review'];
  for (const [written, meant] of [
    ['model', 'models'],
    ['MODELS', 'models'],
    ['biling', 'billing'],
    ['alow', 'allow'],
    ['allwo', 'allow'],
    ['reveiw', 'review'],
    ['x', undefined],
    ['database', undefined],
    ['', undefined],
    ['a'.repeat(10_000), undefined],
  ] as const)
    assert.equal(closestName(written, known), meant, written.slice(0, 20));
  assert.equal(didYouMean('model', known), 'did you mean models? ');
  assert.equal(didYouMean('zzz', known), '');
});
