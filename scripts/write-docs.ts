/** Writes what is generated from schemas: the JSON schemas for editors and the tables of the reference pages. */
import { readFile, writeFile } from 'node:fs/promises';
import { configJsonSchema, configTables } from '../src/gateway/config-reference.ts';
import { referenceTables, resourcesJsonSchema, withTables } from '../src/policy/reference.ts';

const docs = new URL('../docs/', import.meta.url);

async function write(name: { readonly page: string; readonly schema: string }, tables: string, schema: object): Promise<void> {
  const page = new URL(name.page, docs);
  await writeFile(new URL(name.schema, docs), `${JSON.stringify(schema, null, 2)}\n`);
  await writeFile(page, withTables(await readFile(page, 'utf8'), tables));
}

await write({ page: 'policy.md', schema: 'resources.schema.json' }, referenceTables(), resourcesJsonSchema());
await write({ page: 'configuration.md', schema: 'config.schema.json' }, configTables(), configJsonSchema());
