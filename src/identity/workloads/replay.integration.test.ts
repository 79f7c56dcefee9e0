import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startPostgres } from '../../../test/support/postgres.ts';
import { openStorage } from '../../storage/storage.ts';
import { createFirstUse } from './replay.ts';

const folder = await mkdtemp(join(tmpdir(), 'sallyport-replay-'));
const postgres = await startPostgres();
assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
const sqlite = await openStorage({ url: join(folder, 'db') });
const shared = [await openStorage({ url: postgres.url }), await openStorage({ url: postgres.url })];
after(async () => {
  await Promise.all([sqlite, ...shared].map((storage) => storage.close()));
  await postgres.stop();
  await rm(folder, { recursive: true });
});

for (const [database, one, two] of [
  ['SQLite', sqlite, sqlite],
  ['PostgreSQL', shared[0] ?? sqlite, shared[1] ?? sqlite],
] as const) {
  test(`${database}: of two processes at once one is the first, and nobody ever after until it is forgotten`, async () => {
    const clock = { now: 1_000_000 };
    const [here, there] = [createFirstUse(one, () => clock.now), createFirstUse(two, () => clock.now)];
    const tries = await Promise.all([here, there, here, there, here, there].map((first) => first(['a', 'jti'], 2_000_000)));
    assert.equal(tries.filter(Boolean).length, 1);
    assert.equal(await here(['a', 'jti'], 2_000_000), false);
    assert.equal(await here(['a', 'another'], 2_000_000), true);
    assert.equal(await here(['a","jti'], 2_000_000), true);
    clock.now = 3_000_000;
    assert.equal(await there(['a', 'jti'], 4_000_000), true);
  });
}
