import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prettyJson } from '../../../src/core/pretty-json.ts';
import { jsonTokens } from './json.ts';

test('tokens join to the text they came from, and keys differ from values', () => {
  const pretty = prettyJson('{"a":"a","b":[-1.5,true]}') ?? '';
  const tokens = jsonTokens(pretty);
  assert.equal(tokens.map((token) => token.text).join(''), pretty);
  assert.deepEqual(
    tokens.filter((token) => token.kind !== 'mark').map((token) => `${token.kind} ${token.text}`),
    ['key "a"', 'string "a"', 'key "b"', 'number -1.5', 'word true'],
  );
});
