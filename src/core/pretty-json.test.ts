import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prettyJson } from './pretty-json.ts';

test('JSON is laid out two spaces a level', () => {
  assert.equal(prettyJson('{"a":1,"b":[true,null,{}],"c":[]}'), '{\n  "a": 1,\n  "b": [\n    true,\n    null,\n    {}\n  ],\n  "c": []\n}');
});

test("but for rows of tables the layout is the engine's own", () => {
  const value = { a: 1, b: [true, null, {}, { c: [] }], d: 'x "y"', e: {} };
  assert.equal(prettyJson(JSON.stringify(value)), JSON.stringify(value, undefined, 2));
});

test('a row of a table is one line, and a list of other things is none', () => {
  assert.equal(prettyJson('{"rows":[["1",null],["a, b",2]]}'), '{\n  "rows": [\n    ["1", null],\n    ["a, b", 2]\n  ]\n}');
  assert.equal(prettyJson('[[{"a":1}],[]]'), '[\n  [\n    {\n      "a": 1\n    }\n  ],\n  []\n]');
});

test('numbers, duplicate keys and escapes are shown as they are, not as a parser would give them back', () => {
  assert.equal(prettyJson('{"n":9007199254740993,"n":1.0,"s":"\\u202e\\"{,}"}'), '{\n  "n": 9007199254740993,\n  "n": 1.0,\n  "s": "\\u202e\\"{,}"\n}');
});

test('white space inside of strings is kept', () => {
  assert.equal(prettyJson('[ "a  b" ,\n 2 ]'), '[\n  "a  b",\n  2\n]');
});

test('text that is not JSON has no layout', () => {
  for (const text of ['', 'SELECT 1', '{"a":1', '{"a":1} x', "{'a':1}"]) assert.equal(prettyJson(text), undefined);
});
