/** What the tests of SQL share: a database on a real server, read as the gateway reads it. */
import { Client } from 'pg';
import { startPostgres } from './postgres.ts';
import { analyse, type Analysis, type AnalyseOptions } from '../../src/protocols/postgres/sql/analysis.ts';
import type { Catalog } from '../../src/protocols/postgres/sql/catalog/catalog.ts';
import { readCatalog } from '../../src/protocols/postgres/sql/catalog/read-catalog.ts';
import { Grammar } from '../../src/protocols/postgres/sql/grammar.ts';
import { openNamespace } from '../../src/protocols/postgres/sql/namespace.ts';

export interface TestDatabase {
  readonly client: Client;
  readonly catalog: Catalog;
  readonly grammar: Grammar;
  analyse(text: string, options?: Partial<AnalyseOptions>): Analysis;
  /** The catalog as it is now. */
  read(): Promise<Catalog>;
  stop(): Promise<void>;
}

export async function openTestDatabase(...setups: readonly string[]): Promise<TestDatabase> {
  const server = await startPostgres();
  if (!server) throw new Error('the PostgreSQL server is not installed: apt-get install postgresql');
  const url = new URL(server.url);
  await once(url, `create database appdb`, `create role postgres superuser login`);
  url.pathname = '/appdb';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  for (const setup of setups) await client.query(setup);
  const reader = new Client({ connectionString: url.href });
  await reader.connect();
  const read = (): Promise<Catalog> => readCatalog((statement) => firstText(reader, statement));
  const [catalog, grammar] = await Promise.all([read(), Grammar.load()]);
  return {
    client,
    catalog,
    grammar,
    analyse: (text, options) => analyse(text, { grammar, catalog, namespace: openNamespace('postgres', ['public']), ...options }),
    read,
    stop: async () => {
      await Promise.all([client.end(), reader.end()]);
      await server.stop();
    },
  };
}

async function once(url: URL, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url.href });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function firstText(client: Client, statement: string): Promise<string> {
  const { rows } = await client.query<unknown[]>({ text: statement, rowMode: 'array' });
  return String(rows[0]?.[0]);
}
