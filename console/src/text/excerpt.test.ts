import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { excerpt, sha256 } from './excerpt.ts';

test('a text within the limits is whole', () => {
  assert.deepEqual(excerpt('a\nb', { characters: 3, lines: 2 }), { text: 'a\nb', complete: true });
  assert.deepEqual(excerpt('', { characters: 3, lines: 2 }), { text: '', complete: true });
});

test('too many characters or lines are cut, and the cut is told', () => {
  assert.deepEqual(excerpt('abcd', { characters: 3, lines: 2 }), { text: 'abc', complete: false });
  assert.deepEqual(excerpt('a\nb\nc', { characters: 99, lines: 2 }), { text: 'a\nb', complete: false });
  assert.deepEqual(excerpt('a\nb\n', { characters: 99, lines: 2 }), { text: 'a\nb', complete: false });
});

test('a cut never splits a character', () => {
  assert.deepEqual(excerpt('ab🚀', { characters: 3, lines: 9 }), { text: 'ab', complete: false });
});

test('the digest is that of the UTF-8 bytes', async () => {
  assert.equal(await sha256('délété 🚀'), createHash('sha256').update('délété 🚀').digest('hex'));
});
