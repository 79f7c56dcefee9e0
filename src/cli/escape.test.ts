import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns } from './columns.ts';
import { escapeLines, escapeText, printableJson } from './escape.ts';

const ACTING: Readonly<Record<string, string>> = {
  'a cleared screen': '\u001b[2J',
  'a title that is set': '\u001b]0;root\u0007',
  'an eight-bit control sequence': '\u009b2J',
  'a carriage return that hides what stood before': 'safe\rrm',
  'a backspace': 'rm\b\bls',
  'a delete': '\u007f',
  'text turned right to left': 'user\u202etxt.exe',
  'an isolated direction': '\u2066admin\u2069',
  'an Arabic letter mark': '\u061c',
  'a zero-width joiner': 'ad\u200dmin',
  'a byte order mark': '\ufeff',
  'a line separator': 'a\u2028b',
  'tag characters': '\u{e0041}\u{e007f}',
  'half a surrogate pair': '\ud83d',
  'a next line': '\u0085',
};

// What a terminal shows as it is: ASCII without controls, and here a few letters and signs of other scripts.
const PRINTABLE = /^[ -~äß漢字🙂]*$/u;

for (const [name, text] of Object.entries(ACTING)) {
  test(`${name} is printed as what it is, not acted on`, () => {
    assert.match(escapeText(text), PRINTABLE);
    assert.notEqual(escapeText(text), text);
  });

  test(`${name} in JSON stays the same value, printably`, () => {
    const json = printableJson({ text });
    assert.match(json.replaceAll('\n', ''), PRINTABLE);
    assert.deepEqual(JSON.parse(json), { text });
  });
}

test('text that does nothing is left alone', () => {
  for (const text of ['plain', 'Größe äß', '漢字', '🙂', 'a\\u{1b}']) {
    assert.equal(escapeText(text), text);
    assert.deepEqual(JSON.parse(printableJson(text)), text);
  }
});

test('a line feed ends a line only where lines are meant', () => {
  assert.equal(escapeText('a\nb'), 'a\\u{a}b');
  assert.equal(escapeLines('a\nb\u001b'), 'a\nb\\u{1b}');
});

test('a hidden character cannot shift a column', () => {
  assert.deepEqual(
    alignColumns([
      ['a\u200b', 'x'],
      ['bb', 'y'],
    ]),
    ['a\\u{200b}  x', 'bb         y'],
  );
});
