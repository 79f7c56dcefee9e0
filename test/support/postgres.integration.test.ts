import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { Client } from 'pg';
import { startPostgres } from './postgres.ts';

test('a test gets a database server of its own, and leaves nothing of it behind', async () => {
  const server = await startPostgres();
  assert.ok(server, 'the PostgreSQL server is not installed: apt-get install postgresql');
  const client = new Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query<{ one: number }>('select 1 as one');
  assert.deepEqual(rows, [{ one: 1 }]);
  await client.end();
  await server.stop();
  assert.equal(existsSync(new URL(server.url).searchParams.get('host') ?? ''), false);
});
