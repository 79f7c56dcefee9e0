import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectKind, redirectSource } from './redirects.ts';

test('answers go to https, to a program on the person’s machine, or to an application by its own scheme', () => {
  assert.equal(redirectKind('https://claude.ai/api/mcp/auth_callback'), 'web');
  for (const uri of ['http://localhost/callback', 'http://127.0.0.1:33418/', 'http://[::1]:1/x']) assert.equal(redirectKind(uri), 'loopback', uri);
  for (const uri of ['cursor://anysphere.cursor-retrieval/oauth/user-abc/callback', 'vscode://vscode.x/y', 'com.example.app:/oauth'])
    assert.equal(redirectKind(uri), 'application', uri);
});

test('they go nowhere else: not in the clear, not to what a browser runs, not to what two readers could read differently', () => {
  const refused = [
    'http://app.example/callback',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'about:blank',
    'intent://x#Intent;end',
    'view-source:https://a.example',
    'https://app.example/cb#fragment',
    'https://app.example/*',
    'https://user:secret@app.example/',
    'https://app.example/\\evil',
    'https://app.example/ cb',
    '/callback',
    '',
    `https://app.example/${'a'.repeat(3000)}`,
  ];
  for (const uri of refused) assert.equal(redirectKind(uri), 'refused', uri);
});

test('a page’s policy names the origin that an answer leads to, or its scheme where there is no origin', () => {
  assert.equal(redirectSource('https://app.example/callback?x=1'), 'https://app.example');
  assert.equal(redirectSource('http://127.0.0.1:33418/'), 'http://127.0.0.1:33418');
  assert.equal(redirectSource('http://[::1]:5/'), 'http:');
  assert.equal(redirectSource('cursor://anysphere/x;y'), 'cursor:');
});
