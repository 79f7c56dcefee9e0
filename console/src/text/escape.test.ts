import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCharacters, countHidden, escapeLine, escapePieces, escapeText } from './escape.ts';

test('plain text of any script stays as it is', () => {
  for (const text of ['', 'delete_model {"id": 7}', 'línea única', 'Привет', '模型', 'שלום', 'مرحبا', '🚀 <script>&amp;', 'a\n\tb']) {
    assert.equal(escapeText(text), text);
    assert.equal(countHidden(text), 0);
  }
});

test('a right-to-left override is written out, so the text reads in the order it runs', () => {
  assert.equal(escapeText('report\u202Efdp.exe'), 'report⟨U+202E⟩fdp.exe');
});

test('every bidirectional control is written out', () => {
  for (const code of [0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]) {
    assert.equal(escapeText(String.fromCodePoint(code)), `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`);
  }
});

test('what a terminal would obey is written out: escape, carriage return, backspace, C1', () => {
  assert.equal(escapeText('\u001b[2Ksafe\r\b\u009b1m\u007f'), '⟨U+001B⟩[2Ksafe⟨U+000D⟩⟨U+0008⟩⟨U+009B⟩1m⟨U+007F⟩');
});

test('what cannot be seen is written out: zero widths, tags, fillers, odd spaces, separators, lone surrogates', () => {
  for (const text of [
    '\u200b',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u3164',
    '\u115f',
    '\u00a0',
    '\u3000',
    '\u2028',
    '\u2029',
    '\u{e0041}',
    '\ufe0f',
    '\u2800',
    '\ud800',
    '\ue000',
  ]) {
    assert.match(escapeText(text), /^⟨U\+[0-9A-F]{4,6}⟩$/);
  }
});

test('a line shows its line feeds and tabs as well', () => {
  assert.equal(escapeLine('a\nb\tc\u202e'), 'a⟨U+000A⟩b⟨U+0009⟩c⟨U+202E⟩');
});

test('pieces join to the escaped text, and each hidden character carries its name', () => {
  const text = 'pay\u202e 001\u200b';
  const pieces = escapePieces(text);
  assert.equal(pieces.map((piece) => piece.text).join(''), escapeText(text));
  assert.deepEqual(
    pieces.map((piece) => piece.hidden),
    [undefined, 'right-to-left override: shows what follows backwards', undefined, 'zero width space: invisible'],
  );
  assert.equal(countHidden(text), 2);
});

test('characters are counted as code points, lone surrogates as one each', () => {
  assert.equal(countCharacters('aé模'), 3);
  assert.equal(countCharacters('🚀🚀'), 2);
  assert.equal(countCharacters('\ud83d'), 1);
  assert.equal(countCharacters('\ude80\ud83d\ud83d\ude80'), 3);
});
