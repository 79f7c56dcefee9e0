/** Writes what is generated from the resource schema: docs/resources.schema.json and the tables of docs/policy.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { referenceTables, resourcesJsonSchema, withTables } from '../src/policy/reference.ts';

const docs = new URL('../docs/', import.meta.url);
const page = new URL('policy.md', docs);
await writeFile(new URL('resources.schema.json', docs), `${JSON.stringify(resourcesJsonSchema(), null, 2)}\n`);
await writeFile(page, withTables(await readFile(page, 'utf8'), referenceTables()));
