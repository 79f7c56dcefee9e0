import assert from 'node:assert/strict';
import { test } from 'node:test';
import { returnPath } from './return-to.ts';

const URL_ = 'https://gateway.example';

test('a path of this gateway is gone back to, with its query and fragment', () => {
  for (const path of ['/', '/approvals/1', '/sessions?target=a%2Fb#x', '/oauth/authorize?redirect_uri=https%3A%2F%2Fevil.example', '/x?u=https://evil.example'])
    assert.equal(returnPath(path, URL_), path);
});

test('whatever leads to another host leads to the start instead', () => {
  const schemes = ['https://evil.example', 'HTTPS://evil.example/', 'javascript:alert(1)', 'data:text/html,x', 'evil.example', ''];
  const slashes = [
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    '/ /evil',
  ];
  const dots = ['/.//evil.example', '/..//evil.example', '/a/..//evil.example', '/%2e%2e//evil.example'];
  for (const path of [...schemes, ...slashes, ...dots, `/${'x'.repeat(5000)}`, '/\u202eevil', undefined]) assert.equal(returnPath(path, URL_), '/', path);
});
