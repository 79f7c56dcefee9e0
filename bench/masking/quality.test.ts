import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { scoreSecrets, scoreStructured, scoreTexts, scoreVectors, TEXT_KINDS, type Scores } from './quality.ts';
import { f2, NOTHING, precision, recall, sum, type Score } from './score.ts';

/** What the labelled sets are scored with; a change that lowers one of these is refused. */
const FLOORS = { secretsRecall: 0.98, secretsPrecision: 0.97, structuredF2: 0.95, textF2: 0.92, vectorsRecall: 0.97, vectorsPrecision: 0.98 };

const total = (scores: Scores): Score => Object.values(scores).reduce(sum, NOTHING);

function present<T>(t: TestContext, scores: T | undefined): scores is T {
  if (scores === undefined) t.diagnostic('labelled set: not present');
  return scores !== undefined;
}

function atLeast(t: TestContext, name: string, value: number, floor: number): void {
  t.diagnostic(`${name}: ${value.toFixed(3)}`);
  assert.ok(value >= floor, `${name} is ${value.toFixed(3)}, the floor is ${floor}`);
}

test('secrets of vendors and named secrets are found, and texts without one are left alone', (t) => {
  const score = scoreSecrets();
  if (!present(t, score)) return;
  atLeast(t, 'recall', recall(score), FLOORS.secretsRecall);
  atLeast(t, 'precision', precision(score), FLOORS.secretsPrecision);
});

test('values in rows are found under their keys, and ids, time stamps, hashes and paths beside them are not', (t) => {
  const scores = scoreStructured();
  if (present(t, scores)) atLeast(t, 'F2', f2(total(scores)), FLOORS.structuredF2);
});

test('personal data in prose is found, but for the names of persons, organizations and places', (t) => {
  const scores = scoreTexts();
  if (!present(t, scores)) return;
  const covered = Object.fromEntries(Object.entries(scores).filter(([type]) => Object.hasOwn(TEXT_KINDS, type)));
  atLeast(t, 'F2', f2(total(covered)), FLOORS.textF2);
});

test('valid numbers of every kind are found and invalid ones are not', (t) => {
  const scores = scoreVectors();
  if (!present(t, scores)) return;
  atLeast(t, 'recall', recall(total(scores)), FLOORS.vectorsRecall);
  atLeast(t, 'precision', precision(total(scores)), FLOORS.vectorsPrecision);
});

test('F2 weighs what is missed more than what is found in vain', () => {
  assert.equal(f2({ found: 10, missed: 0, wrong: 0 }), 1);
  assert.ok(f2({ found: 8, missed: 2, wrong: 0 }) < f2({ found: 8, missed: 0, wrong: 2 }));
  assert.equal(f2(NOTHING), 0);
});
