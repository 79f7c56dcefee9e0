import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaskRule } from '../core/decision.ts';
import { isSallyportError } from '../core/error.ts';
import { createMasker } from './masker.ts';

const key = new Uint8Array(32);
const masking = (...rules: readonly Partial<MaskRule>[]) =>
  createMasker(
    rules.map((rule) => ({ fields: [], detect: [], operator: 'redact', ...rule })),
    { key, direction: 'reply' },
  );
const pattern = (regex: string, parts: Partial<MaskRule['pattern']> = {}) => ({ pattern: { name: 'badge', regex, ...parts } });

test('a pattern of the policy is masked in texts, in members, in JSON inside a text and in base64; other text stays', () => {
  const masker = masking(pattern('\\bEMP-\\d{4}\\b'));
  assert.equal(masker.text('by EMP-1234, not EMP-12345').value, 'by [redacted:badge], not EMP-12345');
  assert.deepEqual(masker.json({ a: ['EMP-0001'], b: '{"c":"EMP-0002"}' }).value, { a: ['[redacted:badge]'], b: '{"c":"[redacted:badge]"}' });
  const encoded = Buffer.from('made by EMP-1234 today').toString('base64');
  assert.equal(Buffer.from(masker.text(encoded).value, 'base64').toString(), 'made by [redacted:badge] today');
});

test('a pattern with context words counts near one of them, in the text or in the key, and nowhere else', () => {
  const masker = masking(pattern('\\b\\d{6}\\b', { context: ['badge', 'staff_id'] }));
  assert.equal(masker.text('badge 123456').value, 'badge [redacted:badge]');
  assert.equal(masker.text('order 123456').value, 'order 123456');
  assert.deepEqual(masker.json({ staffId: '123456', order: '123456' }).value, { staffId: '[redacted:badge]', order: '123456' });
});

test('a number that a pattern describes stays a number', () => {
  const masker = masking(pattern('^\\d{4}$'), pattern('^\\d+\\.25$'));
  assert.deepEqual(masker.json({ a: 1234, b: 12345, c: 7.25, d: 7.5 }).value, { a: 0, b: 12345, c: 0, d: 7.5 });
});

test('words of a list are masked whole, in any case, also phrases and scripts without spaces; parts of words are not', () => {
  const masker = masking({ words: { name: 'project', list: ['Blue Heron', 'Falke', '猎鹰'] } });
  assert.equal(masker.text('blue\nheron and FALKE, not Falken').value, '[redacted:project] and [redacted:project], not Falken');
  assert.equal(masker.text('我们的猎鹰项目').value, '我们的[redacted:project]项目');
});

test('of two listed words that begin alike the longer one is taken', () => {
  const masker = masking({ words: { name: 'project', list: ['sea', 'sea eagle'] } });
  assert.equal(masker.text('the sea eagle by the sea').value, 'the [redacted:project] by the [redacted:project]');
});

/** What hangs or crawls in an engine that backtracks. */
const SLOW: readonly (readonly [string, string])[] = [
  ['(a+)+$', `${'a'.repeat(50_000)}!`],
  ['([a-zA-Z]+)*$', `${'a'.repeat(50_000)}!`],
  ['(a|aa)+$', `${'a'.repeat(50_000)}!`],
  ['(a|a?)+$', `${'a'.repeat(50_000)}!`],
  ['(x+x+)+y', 'x'.repeat(50_000)],
  ['(.*a){12}', `${'a'.repeat(20_000)}\n`],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(50_000)],
  ['(.*)*=.*;', 'a'.repeat(50_000)],
  ['a(?:.*b)?', 'a'.repeat(50_000)],
];

test('patterns with catastrophic backtracking come to an end on long texts', () => {
  for (const [regex, text] of SLOW) assert.equal(typeof masking(pattern(regex)).text(text).value, 'string', regex);
});

test('a stretch with more matches than a search may cost is masked as a whole, never left', () => {
  const { value } = masking(pattern('a(?:.*b)?')).text('a'.repeat(10_000));
  assert.doesNotMatch(value.replaceAll('[redacted:badge]', ''), /a/);
});

test('in a long text every value is found, also where two stretches meet', () => {
  const text = Array.from({ length: 3000 }, (_, at) => `EMP-${String(at).padStart(4, '0')} ${'.'.repeat(at % 23)}`).join(' ');
  assert.doesNotMatch(masking(pattern('\\bEMP-\\d{4}\\b')).text(text).value, /EMP/);
});

test('a pattern that RE2 does not take is refused when the masker is made', () => {
  assert.throws(
    () => masking(pattern('(?=a)b')),
    (error) => isSallyportError(error, 'resources_invalid'),
  );
});
