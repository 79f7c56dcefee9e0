import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { Client } from 'pg';
import { makeDatabase } from '../../test/support/databases.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { testStorage } from './conformance.ts';
import { openStorage } from './storage.ts';

let server: TestPostgres | undefined;
let databases = 0;

before(async () => {
  server = await startPostgres();
  assert.ok(server, 'the PostgreSQL server is not installed: apt-get install postgresql');
});
after(() => server?.stop());

async function asOperator(statement: string): Promise<void> {
  const client = new Client({ connectionString: server?.url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

const fresh = (): Promise<string> => makeDatabase(server?.url ?? '', `conformance_${(databases += 1)}`);

testStorage({ name: 'PostgreSQL', fresh });

test('PostgreSQL: connections that the server ends are an error for their statement, and new ones take their place', async () => {
  const reported: Error[] = [];
  const storage = await openStorage({ url: await fresh(), report: (error) => reported.push(error) });
  const killOthers = () => asOperator(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sallyport'`);

  const inTransaction = storage.db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx);
    await killOthers();
    await sql`select 1`.execute(trx);
  });
  await assert.rejects(inTransaction, { code: 'storage_failed' });
  assert.deepEqual(await storage.db.selectFrom('owners').selectAll().execute(), []);
  await until('the operator to hear of it', () => reported[0]);
  await storage.close();
});

test('PostgreSQL: a server that is not there is storage_failed, without the password', async () => {
  const refused = await openStorage({ url: 'postgres://u:hunter2@127.0.0.1:1/x' }).catch((error: unknown) => error);
  assert.ok(refused instanceof Error && 'code' in refused);
  assert.equal(refused.code, 'storage_failed');
  assert.doesNotMatch(`${refused.message} ${String(refused.cause)}`, /hunter2/);
});
