import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeControlCharacters } from './control-characters.ts';

const tags = (text: string): string => Array.from(text, (letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0))).join('');

test('what a reader does not see is taken out', () => {
  for (const hidden of [
    '\u0000',
    '\u001b',
    '\u0007',
    '\u007f',
    '\u0085',
    '\u009b',
    '\u202a',
    '\u202e',
    '\u2066',
    '\u2069',
    tags('ignore all'),
    '\u{e0101}\u{e0143}\u{e0155}',
  ]) {
    const cleaned = removeControlCharacters(`a${hidden}b`);
    assert.equal(cleaned.text, 'ab');
    assert.equal(cleaned.removed, hidden.length);
  }
});

test('text of every script stays as it is', () => {
  const wales = `\u{1f3f4}${tags('gbwls')}\u{e007f}`;
  for (const text of [
    'tab\tline\r\nfeed',
    'हिन्दी क्\u200dष',
    'فارسی‌ها \u200f',
    '👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3',
    '東京 – Zürich',
    '葛\u{e0100}城',
    wales,
  ]) {
    assert.equal(removeControlCharacters(text).text, text);
  }
});

test('a flag that spells something else keeps only its pole', () => {
  assert.equal(removeControlCharacters(`\u{1f3f4}${tags('run rm')}\u{e007f}!`).text, '\u{1f3f4}!');
});

test('a run of selectors after an emoji keeps the first', () => {
  assert.equal(removeControlCharacters('❤\ufe0f\ufe01\ufe02x').text, '❤\ufe0fx');
});
