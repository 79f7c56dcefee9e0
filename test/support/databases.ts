/** The same tests on both kinds of database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { Client } from 'pg';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

export interface FreshDatabases {
  readonly kind: Storage['kind'];
  /** The url of a database with nothing in it. */
  url(): Promise<string>;
  /** One that is opened; whoever asked closes it. */
  open(): Promise<Storage>;
}

/** Defines the tests once for the embedded database, and once for a PostgreSQL of their own. */
export function onBothDatabases(define: (databases: FreshDatabases) => void): void {
  for (const kind of ['sqlite', 'postgres'] as const) {
    describe(`in ${kind}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'sallyport-databases-'));
      let server: TestPostgres | undefined;
      let count = 0;
      before(async () => {
        server = kind === 'postgres' ? await startPostgres() : undefined;
        if (kind === 'postgres' && !server) throw new Error('no PostgreSQL here: npm test installs it');
      });
      after(async () => {
        await server?.stop();
        rmSync(folder, { recursive: true, force: true });
      });
      const url = async (): Promise<string> => {
        count += 1;
        return server ? makeDatabase(server.url, `test_${count}`) : join(folder, `${count}.db`);
      };
      define({ kind, url, open: async () => openStorage({ url: await url() }) });
    });
  }
}

/** A database of this name on a server. Returns its url. */
export async function makeDatabase(server: string, name: string): Promise<string> {
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`).finally(() => client.end());
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
