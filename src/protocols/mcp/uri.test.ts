import assert from 'node:assert/strict';
import { it } from 'node:test';
import { uriProblem } from './uri.ts';

it('a uri that every reader takes alike passes', () => {
  for (const uri of [
    'file:///workspace/readme.txt',
    'file:///workspace/a%20b.txt',
    'db://people/1?x=2',
    'test://static-text',
    'ui://app/view.html',
    'https://example.com/caf%C3%A9',
    'urn:isbn:123',
    'file:///a/..b',
    'file:///a/...',
    'file:///a/.hidden',
    'file:///a/',
    'file://server/share/a.txt',
    's3://bucket//a',
    'test://a?q=1&r=2#part',
    'file:///日本/ファイル.txt',
  ]) {
    assert.equal(uriProblem(uri), undefined, uri);
  }
});

it('a uri that could mean another place to another reader is refused', () => {
  for (const uri of [
    'file:///workspace/../etc/passwd',
    'file:///workspace/%2e%2e/etc/passwd',
    'file:///workspace/%252e%252e/etc/passwd',
    'file:///workspace/..%2fetc',
    'file:///workspace\\..\\etc',
    'file:///workspace/%5c..',
    'file:///workspace/.;/x',
    'file:///workspace/..;a=b/x',
    'file:///workspace/\u2025/x',
    'file:///workspace/%00.txt',
    'file:///workspace/%zz',
    'file:///workspace/%ff',
    'file://user@host/x',
    '/etc/passwd',
    'readme.txt',
    'file:///a/%2Fb',
    'FILE:///workspace/a',
    'File:///workspace/a',
    'file:/workspace/a',
    'file:workspace/a',
    'file:',
    'file:////workspace/a',
    'file:///workspace//a',
    'file://localhost/workspace/a',
    'file://LOCALHOST:80/workspace/a',
    'file:///workspace/a.',
    'file:///workspace/a%20',
    'file:///workspace/a. /b',
    'file:///workspace/.. /b',
    'file:///workspace/..%20/b',
    'file:///workspace/\uff0e\uff0e/b',
    'file:///workspace/\uff0e\uff0e\uff0fb',
    'file:///workspace/a#/../b',
    'file:///workspace/a?x=/../b',
    'file:///workspace/a%3f',
    'file:///workspace/a\u0000',
    'file:///workspace/a\r\nb',
    ' file:///workspace/a',
    'file:///workspace/%c0%ae%c0%ae/a',
    'file:///workspace/%uff0e/a',
  ]) {
    assert.notEqual(uriProblem(uri), undefined, uri);
  }
});
