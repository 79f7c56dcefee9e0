import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGlob, foldCase, matchesGlob } from './glob.ts';

const matches = (pattern: string, text: string): boolean => matchesGlob(compileGlob(pattern), text);

/** The definition, exponential and obviously right. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') return naive(pattern.slice(1), text) || (text !== '' && naive(pattern, text.slice(1)));
  return pattern[0] === text[0] && naive(pattern.slice(1), text.slice(1));
}

test('a star matches any characters, slashes, spaces and leading dots too, and nothing else is special', () => {
  for (const [pattern, text, expected] of [
    ['*', '', true],
    ['tools/call *', 'tools/call a/b', true],
    ['tools/*', 'tools/call x', true],
    ['*.env', '.env', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['!x', 'y', false],
    ['a?c', 'abc', false],
    ['[ab]', 'a', false],
    ['(a|b)', 'a', false],
    ['a.c', 'abc', false],
    ['constructor', 'constructor', true],
    ['__proto__', 'constructor', false],
  ] as const) {
    assert.equal(matches(pattern, text), expected, `${pattern} on ${text}`);
  }
});

test('random globs match exactly what the definition says', () => {
  let seed = 42;
  const random = (n: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  const word = (alphabet: string, most: number): string => Array.from({ length: random(most + 1) }, () => alphabet[random(alphabet.length)]).join('');
  let hits = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const pattern = word('ab*/', 7);
    const text = word('ab/', 9);
    const expected = naive(pattern, text);
    hits += expected ? 1 : 0;
    assert.equal(matches(pattern, text), expected, `${pattern} on ${text}`);
  }
  assert.ok(hits > 500);
});

test('a pattern with many stars takes a bounded number of steps on a long text', () => {
  assert.equal(matches(`${'a*'.repeat(200)}b`, 'a'.repeat(100_000)), false);
  assert.equal(matches(`${'a*'.repeat(200)}b`, `${'a'.repeat(100_000)}b`), true);
});

test('folding brings look-alikes of a name together', () => {
  for (const text of ['DELETE', 'Delete', 'ｄｅｌｅｔｅ']) assert.equal(foldCase(text), 'delete');
  assert.equal(foldCase('ﬁle'), 'file');
  assert.equal(foldCase('ſecret'), 'secret');
  assert.notEqual(foldCase('delete_1'), foldCase('delete_2'));
});
