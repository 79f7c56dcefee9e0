import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOfGateway } from './page-of-gateway.ts';

test('after the sign-in a person goes on to the page that asked for it, and to no other address', () => {
  for (const page of ['/oauth/interaction/F-lNkfM0h700vJNNArOs_wzcvPglJa9C_0R9DobGN-U', '/oauth/device']) assert.equal(pageOfGateway(page), page);
  const others = [
    undefined,
    '',
    '/',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/oauth/device',
    'javascript:alert(1)',
    '/oauth/device?x',
    '/oauth/device\n',
    '/oauth/interaction/../../evil',
    '/oauth/interaction/%2e%2e',
    '/oauth/authorize',
  ];
  for (const other of others) assert.equal(pageOfGateway(other), undefined, String(other));
});
