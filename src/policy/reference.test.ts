import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseAllDocuments } from 'yaml';
import { lintResources } from './check.ts';
import { referenceTables, resourcesJsonSchema, withTables } from './reference.ts';
import { parseResources } from './resources.ts';

const docs = new URL('../../docs/', import.meta.url);
const page = await readFile(new URL('policy.md', docs), 'utf8');
const AGAIN = 'run npm run docs';

test('the JSON schema for editors is the one that the schema generates', async () => {
  const written: unknown = JSON.parse(await readFile(new URL('resources.schema.json', docs), 'utf8'));
  assert.deepEqual(written, JSON.parse(JSON.stringify(resourcesJsonSchema())), AGAIN);
});

test('the tables of the reference page are those that the schema generates', () => {
  assert.equal(page, withTables(page, referenceTables()), AGAIN);
  assert.match(page, /\| `quorum` \| integer \| `1` \|/);
});

test('the example of the page loads without a warning, and editors accept it', () => {
  const text = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const resources = parseResources([{ file: 'policy.md', text }]);
  assert.equal(resources.policies[0]?.rules.length, 5);
  assert.deepEqual(lintResources(resources), []);
  const validate = new Ajv2020({ strict: false }).compile(resourcesJsonSchema());
  for (const document of parseAllDocuments(text)) assert.ok(validate(document.toJS()), JSON.stringify(validate.errors));
  assert.equal(validate({ kind: 'Target', name: 't', protocol: 'mcp', adress: 'x' }), false);
});
