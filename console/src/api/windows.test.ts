import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOfWindow } from './windows.ts';

const END = '2026-11-21T12:00:00.000Z';
const before = Date.parse(END) - 1;

test('a window is open from the approval to its end, and not a moment longer, whatever was told', () => {
  assert.equal(placeOfWindow({ status: 'granted', expiresAt: END }, before), 'open');
  assert.equal(placeOfWindow({ status: 'granted', expiresAt: END }, Date.parse(END)), 'ended');
  assert.equal(placeOfWindow({ status: 'withdrawn', expiresAt: END }, before), 'ended');
});

test('a request for one waits until it is answered or out of time', () => {
  assert.equal(placeOfWindow({ status: 'pending', expiresAt: END }, before), 'asked');
  assert.equal(placeOfWindow({ status: 'pending', expiresAt: END }, Date.parse(END)), 'ended');
  assert.equal(placeOfWindow({ status: 'denied', expiresAt: END }, before), 'ended');
});
