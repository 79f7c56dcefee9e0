import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientTexts } from './client-texts.ts';

const texts = clientTexts({ name: 'models', url: 'https://gw.example/mcp/models' }, 'TOKEN');

test('every client is told the address and the token, and nothing is left to fill in', () => {
  for (const { client, text } of texts) {
    assert.ok(text.includes('https://gw.example/mcp/models') && text.includes('Bearer TOKEN'), client);
  }
});

test('what goes into a file is JSON', () => {
  for (const { where, text } of texts) if (where.endsWith('.json')) assert.ok(JSON.parse(text));
});
