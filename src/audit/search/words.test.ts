import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexedWords, textsInJson, wordsOf } from './words.ts';

test('words are letters, digits and underscores, whatever their case and width', () => {
  assert.deepEqual(wordsOf('Ada@Example.ORG paid ＡＢＣ in Zürich, 42 €'), ['ada', 'example', 'org', 'paid', 'abc', 'in', 'zürich', '42']);
  assert.deepEqual(wordsOf('\u001b[2K\u202e\u0000<b>"\''), ['2k', 'b']);
});

test('a script without spaces is found by each of its characters', () => {
  assert.deepEqual(wordsOf('模型 ok東京'), ['模', '型', 'ok', '東', '京']);
});

test('a word that is too long is found by its beginning, and never holds half a character', () => {
  assert.deepEqual(wordsOf('x'.repeat(1000)), ['x'.repeat(64)]);
  const [cut = ''] = wordsOf(`${'x'.repeat(63)}𐐀𐐀`);
  assert.ok(cut.isWellFormed());
});

test('what is put together with underscores is found as a whole and by its parts', () => {
  assert.deepEqual([...indexedWords('update_model __x')], ['update_model', 'update', 'model', '__x', 'x']);
});

test('JSON is read by its texts: keys, strings without their escapes, numbers as they are written, JSON inside strings', () => {
  const inner = JSON.stringify({ note: 'two\nlines', n: 1 });
  const texts = [...textsInJson(`{"text":${JSON.stringify(inner)},"big":12345678901234567890,"e":"\\u00e9t\\u00e9","ok":true}`)];
  assert.deepEqual(texts, ['text', 'note', 'two\nlines', 'n', '1', 'big', '12345678901234567890', 'e', 'été', 'ok', 'true']);
});

test('what is no JSON, or breaks off, is cut where it can be', () => {
  assert.deepEqual(wordsOf([...textsInJson('{"a":"half \\u00')].join(' ')), ['a', 'half', 'u00']);
});

test('deep nesting and many backslashes end', () => {
  const deep = Array.from({ length: 50 }).reduce<string>((text) => JSON.stringify([text]).slice(0, 20_000), '{"x":1}');
  assert.ok([...textsInJson(deep)].length > 0);
  assert.ok([...textsInJson(`"${'\\'.repeat(60_001)}"`)].length > 0);
});
