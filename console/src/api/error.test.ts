import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, errorOfReply, explain, isSignedOut, unreachable } from './error.ts';

test('the gateway’s own words and hint are kept', () => {
  const error = errorOfReply(403, { error: { code: 'forbidden', message: 'you may not answer your own request', hint: 'ask someone of group:ml-leads' } });
  assert.equal(error.code, 'forbidden');
  assert.deepEqual(explain(error), { message: 'you may not answer your own request', hint: 'ask someone of group:ml-leads' });
});

test('an answer of another shape is named by its status and never shown as it came', () => {
  for (const body of [undefined, null, '<h1>502</h1>', { error: 'text' }, { error: { code: 1, message: 'x' } }]) {
    const error = errorOfReply(502, body);
    assert.deepEqual(explain(error), { message: 'the gateway answered with status 502', hint: 'the gateway’s log says why' });
  }
});

test('only a 401 ends the sign-in', () => {
  assert.equal(isSignedOut(new ApiError(401, 'unauthenticated', 'sign in first')), true);
  assert.equal(isSignedOut(new ApiError(403, 'forbidden', 'no')), false);
  assert.equal(isSignedOut(unreachable()), false);
  assert.equal(isSignedOut(new Error('401')), false);
});
