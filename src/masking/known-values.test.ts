import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../core/json.ts';
import { knownValues } from './known-values.ts';

const SECRET = 'k9/+q"Zr7 pass\\word';
const known = knownValues([SECRET]);
const removed = (value: JsonValue): JsonValue => known.remove(value, JSON.stringify(value));

test('a value that is known goes from every spelling', () => {
  const forms: readonly JsonValue[] = [
    SECRET,
    `Bearer ${SECRET}, twice ${SECRET}`,
    { [SECRET]: SECRET },
    [{ deep: [`x${SECRET}`] }],
    JSON.stringify({ token: SECRET }),
    `https://x.example/?t=${encodeURIComponent(SECRET)}`,
    Buffer.from(SECRET).toString('hex'),
    Buffer.from(SECRET).toString('hex').toUpperCase(),
    ...['', 'a', 'ab', 'abc']
      .flatMap((before) => [`${before}${SECRET}`, `${before}${SECRET}${before}z`])
      .flatMap((text) => [Buffer.from(text).toString('base64'), Buffer.from(text).toString('base64url')]),
  ];
  for (const form of forms) {
    const after = JSON.stringify(removed(form));
    const read =
      after +
      Buffer.from(after.replaceAll('"', ''), 'base64').toString() +
      Buffer.from(after.replaceAll('"', ''), 'hex').toString() +
      decodeURIComponent(after);
    assert.ok(!read.includes(SECRET) && !read.includes(JSON.stringify(SECRET).slice(1, -1)), `${JSON.stringify(form)} became ${after}`);
  }
});

test('a value cut over neighbouring texts goes too, wherever it is cut', () => {
  for (let at = 1; at < SECRET.length; at += 1) {
    const blocks: JsonValue = [
      { type: 'text', text: `is ${SECRET.slice(0, at)}` },
      { type: 'image', data: '' },
      { type: 'resource', resource: { uri: 'a:b', text: `${SECRET.slice(at)}.` } },
    ];
    const after = removed({ content: blocks }) as { content: { text?: string; resource?: { text: string } }[] };
    assert.equal(after.content.map((block) => block.text ?? block.resource?.text ?? '').join(''), 'is [redacted:credential].');
    assert.equal(after.content.length, 3);
  }
});

test('what does not hold it is the very same value', () => {
  for (const value of ['fine', [{ text: 'a' }, { text: 'b\n' }], { a: { b: [1, null, true, SECRET.slice(1)] } }] as readonly JsonValue[])
    assert.equal(removed(value), value);
});

test('a value too short to be told from words is left, and nothing to look for costs nothing', () => {
  assert.equal(knownValues(['abc']).remove('abc', '"abc"'), 'abc');
  assert.equal(knownValues([]).remove(SECRET, ''), SECRET);
});
