import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPath } from './identity.ts';

test('a sign-in with a provider begins at its own address and comes back to this page, with what was typed for its form', () => {
  const here = { pathname: '/sessions', search: '?target=a', hash: '' };
  assert.equal(startPath('corp', here), '/sign-in/corp/start?return_to=%2Fsessions%3Ftarget%3Da');
  assert.equal(startPath('corp', here, 'ann@example.com'), '/sign-in/corp/start?return_to=%2Fsessions%3Ftarget%3Da&email=ann%40example.com');
});
