import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SallyportError } from '../../core/error.ts';
import { Secret } from '../../core/secret.ts';
import { createMasker } from '../../masking/masker.ts';
import { LastLines } from './last-lines.ts';
import { readableWords } from './last-words.ts';

const env = { TOKEN: new Secret('hunter2-of-the-server') };
const masker = createMasker([{ fields: [], detect: ['us-ssn', 'secret'], operator: 'redact' }], { key: new Uint8Array(32), direction: 'reply' });
const said = (...lines: readonly string[]): readonly string[] => {
  const kept = new LastLines();
  kept.add(Buffer.from(`${lines.join('\n')}\n`));
  return kept.lines;
};

test('what a server wrote last is masked as its replies are, and its credential is taken out', async () => {
  const words = await readableWords(said('no row for 536-22-7741', 'TOKEN=hunter2-of-the-server', 'out of memory'), env, masker);
  assert.equal(words.length, 3);
  assert.doesNotMatch(words.join('\n'), /536-22-7741|hunter2/);
  assert.equal(words[2], 'out of memory');
});

test('a line is cut after it is masked: no half of a secret is left at its end', async () => {
  for (const place of [270, 285, 299, 300]) {
    const [word = ''] = await readableWords(said(`${'x '.repeat(place / 2)} hunter2-of-the-server 536-22-7741`), env, masker);
    assert.ok(word.length <= 300, String(word.length));
    assert.doesNotMatch(word, /hunter|536/, String(place));
  }
});

test('escape sequences do not reach a terminal, and with a mask that fails nothing is told', async () => {
  assert.doesNotMatch((await readableWords(said('red: \u001b[31m \u0007'), env, masker)).join(''), /\p{Cc}/u);
  const failing = { ...masker, texts: () => assert.fail(new SallyportError('masking_failed', 'the analyzer is away')) };
  await assert.rejects(readableWords(said('no row for 536-22-7741'), env, failing), { code: 'masking_failed' });
});
