import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalResource, resourceTarget } from './resources.ts';

const URL_ = 'https://gw.example';

test('a target’s URL names it in whatever way a person or a client writes it', () => {
  const spellings = ['https://gw.example/mcp/models', 'https://gw.example/mcp/models/', 'https://GW.example/mcp/models', 'HTTPS://gw.example:443/mcp/models//'];
  for (const spelling of spellings) {
    assert.equal(resourceTarget(spelling, URL_), 'models', spelling);
    assert.equal(canonicalResource(spelling, URL_), 'https://gw.example/mcp/models');
  }
  assert.equal(resourceTarget('http://127.0.0.1:7600/mcp/a.b-c_d', 'http://127.0.0.1:7600'), 'a.b-c_d');
});

test('nothing else names a target, and stays as it is, to be refused', () => {
  const others = [
    '',
    'models',
    '/mcp/models',
    'https://gw.example',
    'https://gw.example/mcp/',
    'https://gw.example/mcp/models/more',
    'https://gw.example/MCP/models',
    'https://gw.example/mcp/Models',
    'https://gw.example/mcp/models?x=1',
    'https://gw.example/mcp/models#x',
    'https://gw.example/mcp/models?',
    'https://gw.example/mcp/a/../models',
    'https://gw.example/mcp/./models',
    'https://gw.example/mcp/%6dodels',
    'https://gw.example/mcp\\models',
    'https://gw.example/mcp/mod\nels',
    ' https://gw.example/mcp/models',
    'https://user@gw.example/mcp/models',
    'https://gw.example.evil/mcp/models',
    'https://gw.example:8443/mcp/models',
    'http://gw.example/mcp/models',
    'https://evil.example/mcp/models',
    `https://gw.example/mcp/${'a'.repeat(3000)}`,
  ];
  for (const other of others) {
    assert.equal(resourceTarget(other, URL_), undefined, other);
    assert.equal(canonicalResource(other, URL_), other);
  }
});
