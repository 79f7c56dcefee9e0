import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { testAtomicity } from './conformance-atomicity.ts';
import { testMigrations } from './conformance-migrations.ts';
import { sink, withStorage, type StorageAdapter } from './storage-adapter.ts';
import { openStorage } from './storage.ts';

/** What every storage must do alike; a database's own test file names its adapter and calls this. */
export function testStorage(adapter: StorageAdapter): void {
  testValues(adapter);
  testAtomicity(adapter);
  testMigrations(adapter);
}

function testValues(adapter: StorageAdapter): void {
  test(`${adapter.name}: integers up to 2^53-1 come back as exact numbers`, async () => {
    await withStorage(adapter, async ({ db }) => {
      const values = [0, -1, 1_795_270_223_401, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
      for (const value of values)
        await db
          .insertInto('sink_positions')
          .values(sink(`s${value}`, value))
          .execute();
      const rows = await db.selectFrom('sink_positions').select(['sink', 'next_leaf']).execute();
      assert.deepEqual(new Map(rows.map((row) => [row.sink, row.next_leaf])), new Map(values.map((value) => [`s${value}`, value])));
      const { count } = await db
        .selectFrom('sink_positions')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      assert.equal(count, values.length);
    });
  });

  test(`${adapter.name}: text comes back as it went in, whatever the script, and null as null`, async () => {
    await withStorage(adapter, async ({ db }) => {
      const texts = ['', ' ', 'naïve', '漢字', '👩‍👩‍👧', '\u202e\u0007\n\t', "'; drop table owners; --", 'x'.repeat(100_000)];
      for (const [index, text] of texts.entries()) await db.insertInto('events').values(eventRow(index, text)).execute();
      const rows = await db.selectFrom('events').select(['leaf', 'session']).orderBy('leaf_index').execute();
      assert.deepEqual(
        rows,
        texts.map((leaf) => ({ leaf, session: null })),
      );
    });
  });

  for (const [what, text] of [
    ['a NUL character', 'a\0b'],
    ['half a surrogate pair', 'a\ud800b'],
  ] as const) {
    test(`${adapter.name}: text with ${what} is refused, and nothing is stored`, async () => {
      await withStorage(adapter, async ({ db }) => {
        await assert.rejects(db.insertInto('owners').values({ owner: text, alive_until: 1 }).execute(), { code: 'storage_failed' });
        await db.insertInto('owners').values({ owner: 'ab', alive_until: 1 }).execute();
        assert.deepEqual(await db.selectFrom('owners').selectAll().execute(), [{ owner: 'ab', alive_until: 1 }]);
      });
    });
  }

  test(`${adapter.name}: a number that is not exact is refused`, async () => {
    await withStorage(adapter, async ({ db }) => {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        await assert.rejects(db.insertInto('owners').values({ owner: 'a', alive_until: value }).execute(), { code: 'storage_failed' });
      }
    });
  });

  test(`${adapter.name}: a key that exists already is a conflict; a statement that makes no sense is a failure`, async () => {
    await withStorage(adapter, async ({ db }) => {
      await db.insertInto('owners').values({ owner: 'a', alive_until: 1 }).execute();
      await assert.rejects(db.insertInto('owners').values({ owner: 'a', alive_until: 2 }).execute(), { code: 'conflict' });
      const failure = await db
        .selectFrom('owners')
        .select('owner')
        .groupBy('alive_until')
        .where('nowhere' as 'owner', '=', 'x')
        .execute()
        .catch((error: unknown) => error);
      assert.ok(isSallyportError(failure, 'storage_failed'));
      assert.doesNotMatch(failure.message, /nowhere/);
    });
  });

  test(`${adapter.name}: an update says how many rows it changed`, async () => {
    await withStorage(adapter, async ({ db }) => {
      await db
        .insertInto('owners')
        .values([
          { owner: 'a', alive_until: 1 },
          { owner: 'b', alive_until: 1 },
        ])
        .execute();
      const update = (alive: number) => db.updateTable('owners').set({ alive_until: 5 }).where('alive_until', '=', alive).executeTakeFirstOrThrow();
      assert.equal((await update(1)).numUpdatedRows, 2n);
      assert.equal((await update(1)).numUpdatedRows, 0n);
    });
  });

  test(`${adapter.name}: after close every statement is refused`, async () => {
    const storage = await openStorage({ url: await adapter.fresh() });
    await storage.close();
    await assert.rejects(storage.db.selectFrom('owners').selectAll().execute());
  });
}

function eventRow(index: number, leaf: string) {
  const none = { session: null, subject: null, target: null, command: null, effect: null, rule: null, approval: null, intent: null };
  return { id: `e${index}`, writer: 'w', leaf_index: index, time: '2026-11-21T00:00:00.000Z', kind: 'session.opened', ...none, leaf };
}
