import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { DataKeys, openBody, unwrapKey } from './data-keys.ts';
import { parseKeys } from './recording-keys.ts';

const gateway = parseKeys(randomBytes(32));
const place = { session: 's1', index: 3, name: 'request', ordinal: 0 };

function sealed(plain = 'said') {
  const keys = new DataKeys('w1', gateway.current);
  const { key, isNew } = keys.use('s1');
  assert.ok(isNew);
  return { keys, key, wrapped: isNew, bytes: keys.seal(key, place, Buffer.from(plain)) };
}

test('a body opens with its wrapped key at its own place, and at no other', () => {
  const { wrapped, bytes } = sealed();
  const key = unwrapKey('w1', wrapped, gateway);
  assert.equal(openBody('w1', key, place, bytes).toString(), 'said');
  for (const other of [{ session: 's2' }, { index: 4 }, { name: 'reply' }, { ordinal: 1 }])
    assert.throws(() => openBody('w1', key, { ...place, ...other }, bytes), { code: 'verify_failed' });
  assert.throws(() => openBody('w2', key, place, bytes), { code: 'verify_failed' });
});

test('a body with any byte changed, or cut anywhere, does not open', () => {
  const { wrapped, bytes } = sealed();
  const key = unwrapKey('w1', wrapped, gateway);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => openBody('w1', key, place, changed), { code: 'verify_failed' });
    assert.throws(() => openBody('w1', key, place, bytes.subarray(0, at)), { code: 'verify_failed' });
  }
});

test('a wrapped key opens for its own writer, session and gateway only', () => {
  const { wrapped } = sealed();
  unwrapKey('w1', wrapped, gateway);
  assert.throws(() => unwrapKey('w2', wrapped, gateway), { code: 'verify_failed' });
  assert.throws(() => unwrapKey('w1', { ...wrapped, session: 's2' }, gateway), { code: 'verify_failed' });
  assert.throws(() => unwrapKey('w1', wrapped, parseKeys(randomBytes(32))), { code: 'verify_failed', message: /another gateway key/ });
});

test('one session keeps its key, and no two bodies have one nonce', () => {
  const { keys, key } = sealed();
  assert.equal(keys.use('s1').key, key);
  assert.equal(keys.use('s1').isNew, undefined);
  const nonces = new Set(Array.from({ length: 1000 }, () => keys.seal(key, place, Buffer.from('x')).subarray(0, 12).toString('hex')));
  assert.equal(nonces.size, 1000);
});

test('a hundred thousand sessions do not stay in memory, and one that comes back gets a new key', () => {
  const keys = new DataKeys('w1', gateway.current, 100);
  const first = keys.use('s0').key;
  for (let i = 1; i < 100; i += 1) keys.use(`s${i}`);
  assert.equal(keys.use('s0').key, first, 'used lately, so kept');
  for (let i = 100; i < 100_000; i += 1) keys.use(`s${i}`);
  assert.equal(keys.size, 100);
  assert.notEqual(keys.use('s0').key, first);
});
