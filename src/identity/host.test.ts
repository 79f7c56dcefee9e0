import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostCheck } from './host.ts';

test('the configured name and the loopback names of the listening port are ours, every other name is not', () => {
  const check = createHostCheck('https://gw.example', 7600);
  for (const host of ['gw.example', 'GW.example', 'gw.example:443', 'localhost:7600', '127.0.0.1:7600', '[::1]:7600']) assert.ok(check.host(host), host);
  const foreign = [
    undefined,
    '',
    'evil.example',
    'gw.example.evil.example',
    'gw.example:7600',
    'localhost',
    'localhost:80',
    '127.0.0.2:7600',
    'gw.example, gw.example',
    'gw.example.',
  ];
  for (const host of foreign) assert.ok(!check.host(host), host);
});

test('a browser’s request comes from our own pages, or from no page', () => {
  const check = createHostCheck('https://gw.example', 7600);
  for (const origin of [undefined, 'https://gw.example', 'http://localhost:7600', 'http://127.0.0.1:7600', 'http://[::1]:7600'])
    assert.ok(check.origin(origin), origin);
  for (const origin of [
    '',
    'null',
    'http://gw.example',
    'https://evil.example',
    'https://gw.example.evil.example',
    'http://localhost:3000',
    'https://gw.example:7600',
  ])
    assert.ok(!check.origin(origin), origin);
});
