import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DETECTORS } from './detectors.ts';
import { createMasker } from './masker.ts';

const masker = createMasker([{ fields: [], detect: DETECTORS.map((detector) => detector.name), operator: 'redact' }], {
  key: new Uint8Array(32),
  direction: 'reply',
});

const SAMPLES: readonly (readonly [string, string])[] = [
  ['card 4929722653797141 ok', '4929722653797141'],
  ['card 4929 7226 5379 7141 ok', '4929 7226 5379 7141'],
  ['see 536-22-7741, please', '536-22-7741'],
  ['write to ada.lovelace@example.org today', 'ada.lovelace@example.org'],
  ['to DE89370400440532013000 now', 'DE89370400440532013000'],
  ['ring +44 20 7946 0958 today', '+44 20 7946 0958'],
  ['key AKIAQ3EGV5TZ7XN2KLMA here', 'AKIAQ3EGV5TZ7XN2KLMA'],
  ['postgres://app:s3cr3t-word@db.internal/prod', 's3cr3t-word'],
  ['the password is hunter2x', 'hunter2x'],
  ['host 2001:db8::8a2e:370:7334 is up', '2001:db8::8a2e:370:7334'],
];

test('a value is removed wherever the text around it is cut', () => {
  for (const [text, value] of SAMPLES) {
    const whole = masker.text(text).value;
    assert.ok(!whole.includes(value), text);
    for (let at = 0; at <= text.length; at += 1) {
      const parts = masker.texts([text.slice(0, at), text.slice(at)]).value;
      assert.equal(parts.join(''), whole, `cut at ${at}: ${text}`);
    }
  }
});

test('a value cut into single characters is removed from all of them', () => {
  for (const [text, value] of SAMPLES) assert.ok(!masker.texts(text.split('')).value.join('').includes(value), text);
});

test('texts without a value stay the same array, and one text is masked as a text', () => {
  const texts = ['nothing', 'to see'];
  assert.equal(masker.texts(texts).value, texts);
  assert.deepEqual(masker.texts(['{"card":4929722653797141}']).value, ['{"card":0}']);
});

test('a value that only one text shows is found although the next begins with a digit', () => {
  assert.deepEqual(masker.texts(['card 4929722653797141', '12 items']).value, ['card [redacted:credit-card]', '12 items']);
});
