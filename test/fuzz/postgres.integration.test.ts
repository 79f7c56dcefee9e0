import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzPostgres } from './postgres.ts';

test('hostile clients and hostile servers of PostgreSQL break nothing, hold nothing up, and fill no memory', async (context) => {
  const { answered, connections, grownMegabytes } = await fuzzPostgres({ seed: 7, connections: 25 });
  context.diagnostic(`${answered} of ${connections} answered, ${Math.round(grownMegabytes)} MB`);
  assert.ok(answered > 0);
  assert.ok(grownMegabytes < 300, `${grownMegabytes} MB`);
});
