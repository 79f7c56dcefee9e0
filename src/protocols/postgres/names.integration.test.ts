/** What a session prepares and declares is kept by the gateway as well: so much of it, and no more. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client } from 'pg';
import { OPEN_POLICY, startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { MAX_NAMES } from './sql/namespace.ts';

const AT_ONCE = 250;

let gateway: PostgresGateway;
before(async () => {
  gateway = await startPostgresGateway({ policy: OPEN_POLICY });
});
after(() => gateway?.stop());

async function prepareAll(client: Client): Promise<void> {
  for (let from = 0; from < MAX_NAMES; from += AT_ONCE)
    await client.query(Array.from({ length: AT_ONCE }, (_, i) => `prepare s${from + i} as select ${from + i}`).join('; '));
}

test('beyond the most names that a session may have nothing is prepared or declared; what there is still runs', async () => {
  const client = await gateway.connect();
  await prepareAll(client);
  await assert.rejects(client.query('prepare one_more as select 1'), { code: '42501', message: /more than 5000 prepared statements and cursors/ });
  await assert.rejects(client.query('begin; declare c cursor for select 1'), { code: '42501' });
  await client.query('rollback');
  await assert.rejects(client.query({ name: 'by_parse', text: 'select 1' }), { code: '54000', hint: /Close/ });
  assert.deepEqual((await client.query(`execute s${MAX_NAMES - 1}`)).rows, [{ '?column?': MAX_NAMES - 1 }]);
  assert.deepEqual((await client.query('select $1::int as n', [7])).rows, [{ n: 7 }], 'the unnamed statement is not kept');
  await client.query('deallocate all');
  await client.query('prepare one_more as select 1');
  await client.end();
});

test('another session has its own', async () => {
  const [full, other] = [await gateway.connect(), await gateway.connect()];
  await prepareAll(full);
  await other.query('prepare mine as select 1');
  await Promise.all([full.end(), other.end()]);
});
