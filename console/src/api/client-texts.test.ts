import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientTexts } from './client-texts.ts';

const MODELS = { name: 'models', protocol: 'mcp', url: 'https://gw.example/mcp/models' } as const;
const BOTH = [clientTexts(MODELS), clientTexts(MODELS, 'TOKEN')];

test('every MCP client is told the address, and nothing is left to fill in', () => {
  for (const { client, text } of BOTH.flat()) {
    assert.ok(text.includes('https://gw.example/mcp/models'), client);
    assert.doesNotMatch(text, /<|undefined/, client);
  }
});

test('a token is in it where there is one; else the client signs in by itself', () => {
  const [without = [], withToken = []] = BOTH;
  for (const { client, text } of without) assert.doesNotMatch(text, /Authorization|Bearer/, client);
  for (const { client, text } of withToken) assert.ok(text.includes('Authorization') && text.includes('Bearer TOKEN'), client);
});

test('what goes into a file is JSON', () => {
  for (const { where, text } of BOTH.flat()) if (where.endsWith('.json')) assert.ok(JSON.parse(text));
});

test('a database is reached with a login that the command line makes, never with what MCP clients are told', () => {
  const texts = clientTexts({ name: 'shop', protocol: 'postgres', url: 'https://gw.example/mcp/shop' });
  assert.deepEqual(texts[0]?.text, 'sallyport login --gateway https://gw.example\nsallyport connect shop -- psql');
  for (const { client, text } of texts) assert.doesNotMatch(text, /mcp/, client);
});
