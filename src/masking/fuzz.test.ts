import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson, writeJson, type JsonValue } from '../core/json.ts';
import { DETECTORS } from './detectors.ts';
import { createMasker } from './masker.ts';

const masker = createMasker([{ fields: ['$..api_key'], detect: DETECTORS.map((detector) => detector.name), operator: 'redact' }], {
  key: new Uint8Array(32),
  direction: 'reply',
});
const VALUES = ['4929722653797141', '536-22-7741', 'ada.lovelace@example.org', 'DE89370400440532013000', '+44 20 7946 0958', 'AKIAQ3EGV5TZ7XN2KLMA'];
const GLUE = [' ', '\n', ', ', ': ', ' "', '" ', '(', ')', '; ', '\t', '<b>', '</b>', '[', ']', '{', '}', '\\n', '\\"', ' 12 ', '🙂', '\u200c', '|'];
const ROUNDS = 500;

/** The same numbers in every run (Numerical Recipes' generator, upper bits). */
function numbers(): (below: number) => number {
  let state = 20261121;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const WRAPPINGS: readonly ((text: string) => JsonValue)[] = [
  (text) => text,
  (text) => ({ a: [text, { b: text }] }),
  (text) => JSON.stringify({ a: text, n: 1.5 }),
  (text) => JSON.stringify([JSON.stringify({ a: text })], null, 2),
  (text) => Buffer.from(text).toString('base64'),
  (text) => JSON.stringify({ blob: Buffer.from(JSON.stringify([text])).toString('base64') }),
  (text) => `log: ${JSON.stringify({ a: text })}`,
];

/** Everything that a reader could decode, level by level. */
function decoded(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map((entry) => `${entry[0]}\n${decoded(entry[1])}`)
      .join('\n');
  if (typeof value !== 'string') return String(value);
  const text = value.startsWith('log: ') ? value.slice(5) : value;
  const base64 = Buffer.from(text, 'base64');
  if (text.length > 8 && base64.toString('base64') === text) return decoded(base64.toString());
  try {
    return /^[[{]/.test(text) ? decoded(JSON.parse(text)) : text;
  } catch {
    return text;
  }
}

test('what is removed from a plain text is removed however it is wrapped, and what was JSON stays JSON', () => {
  const next = numbers();
  const pick = (from: readonly string[]): string => from[next(from.length)] ?? '';
  let removals = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = Array.from({ length: 1 + next(6) }, () => pick(GLUE) + (next(2) ? pick(VALUES) : 'word')).join('') + pick(GLUE);
    const plain = masker.text(text).value;
    const removed = VALUES.filter((value) => text.includes(value) && !plain.includes(value));
    removals += removed.length;
    for (const wrap of WRAPPINGS) {
      const written = writeJson(masker.json(wrap(text)).value);
      const shown = decoded(parseJson(written));
      for (const value of removed) assert.ok(!shown.includes(value), `${value} of ${JSON.stringify(text)} in ${written}`);
    }
  }
  assert.ok(removals > ROUNDS);
});
