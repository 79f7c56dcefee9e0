import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasWords } from './filter.ts';

test('every word is looked for in all the texts, whatever its case and its place', () => {
  assert.equal(hasWords(['Scientist', 'tools/call run_model'], 'run_MODEL  sci'), true);
  assert.equal(hasWords(['Scientist', 'tools/call run_model'], 'scientist postgres'), false);
});

test('a filter without words matches everything', () => {
  assert.equal(hasWords(['a'], ''), true);
  assert.equal(hasWords([], '  '), true);
});
