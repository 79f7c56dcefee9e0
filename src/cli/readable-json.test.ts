import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readableJson } from './readable-json.ts';

test('JSON is laid out as usual', () => {
  const value = { a: 1, b: [true, null, {}, { c: [] }], d: 'x "y"', e: {} };
  assert.equal(readableJson(JSON.stringify(value)), JSON.stringify(value, undefined, 2));
});

test('a row of a table is one line', () => {
  assert.equal(readableJson('{"rows":[["1",null],["2","a, b"]]}'), '{\n  "rows": [\n    ["1", null],\n    ["2", "a, b"]\n  ]\n}');
});

test('what is no JSON stays as it is', () => {
  for (const text of ['', 'SELECT 1', '{"a":']) assert.equal(readableJson(text), text);
});
