import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaskRule } from '../core/decision.ts';
import { locateFindings } from './locate.ts';

const RULES: readonly MaskRule[] = [{ fields: ['$..api_key'], detect: ['email', 'secret', 'us-ssn', 'credit-card'], operator: 'redact' }];

/** Each finding with what stands there in the text. */
const found = (text: string) =>
  locateFindings(text, RULES, { key: new Uint8Array(32), direction: 'reply' }).map(({ start, end, kind }) => [kind, text.slice(start, end)]);

test('values in a text are told by their place', () => {
  assert.deepEqual(found('🙂 mail ada@example.org, ssn 536-22-7741, id 5'), [
    ['email', 'ada@example.org'],
    ['us-ssn', '536-22-7741'],
  ]);
});

test('in JSON the place is that of the source text: escapes, numbers, keys, places of rules, names of values', () => {
  const text = '{ "to": "x\\n ada\\u0040example.org", "n": [1, {"card": 4929722653797141}], "empty": [], "none": {}, "api_key": {"k": "v", "n": 7} }';
  assert.deepEqual(found(text), [
    ['email', 'ada\\u0040example.org'],
    ['credit-card', '4929722653797141'],
    ['field', 'v'],
    ['field', '7'],
  ]);
  assert.deepEqual(found('{"ada@example.org":1}'), [['email', 'ada@example.org']]);
  assert.deepEqual(found('[{"name":"DB_PASSWORD","value":"correct-horse"}]'), [['secret', 'correct-horse']]);
});

test('JSON inside a string and inside a text is looked into; a value in base64 is the whole run', () => {
  const inner = JSON.stringify({ to: '"ada@example.org"', api_key: 'k1' });
  assert.deepEqual(found(JSON.stringify({ text: inner })), [
    ['email', 'ada@example.org'],
    ['field', 'k1'],
  ]);
  const encoded = Buffer.from('mail ada.lovelace@example.org or bob@example.org, please').toString('base64');
  assert.deepEqual(found(`see ${encoded} and log: {"api_key":"k2"} end`), [
    ['email', encoded],
    ['field', 'k2'],
  ]);
});
