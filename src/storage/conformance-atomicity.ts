import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sink, withStorage, type StorageAdapter } from './storage-adapter.ts';
import { openStorage } from './storage.ts';

/** Transactions and conditional updates: what approvals rest on. */
export function testAtomicity(adapter: StorageAdapter): void {
  test(`${adapter.name}: of 20 writers that take one row by a conditional update, exactly one gets it`, async () => {
    await withStorage(adapter, async ({ db }, url) => {
      const other = await openStorage({ url });
      await db.insertInto('owners').values({ owner: 'free', alive_until: 0 }).execute();
      const take = async (writer: number): Promise<boolean> => {
        const handle = writer % 2 === 0 ? db : other.db;
        const update = handle.updateTable('owners').set({ alive_until: writer }).where('owner', '=', 'free').where('alive_until', '=', 0);
        return (await update.executeTakeFirstOrThrow()).numUpdatedRows === 1n;
      };
      const won = await Promise.all(Array.from({ length: 20 }, (_, index) => take(index + 1)));
      const { alive_until: winner } = await db.selectFrom('owners').select('alive_until').executeTakeFirstOrThrow();
      await other.close();
      assert.deepEqual(
        won.map((yes, index) => (yes ? index + 1 : 0)).filter((writer) => writer > 0),
        [winner],
      );
    });
  });

  test(`${adapter.name}: 20 transactions that read, think and write lose no update when they lock the row first`, async () => {
    await withStorage(adapter, async ({ db }) => {
      await db.insertInto('sink_positions').values(sink('s', 0)).execute();
      const increment = () =>
        db.transaction().execute(async (trx) => {
          await trx.updateTable('sink_positions').set({ writer: 'w' }).where('sink', '=', 's').execute();
          const row = await trx.selectFrom('sink_positions').selectAll().executeTakeFirstOrThrow();
          await new Promise((resolve) => setImmediate(resolve));
          await trx
            .updateTable('sink_positions')
            .set({ next_leaf: row.next_leaf + 1 })
            .execute();
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      assert.equal((await db.selectFrom('sink_positions').select('next_leaf').executeTakeFirstOrThrow()).next_leaf, 20);
    });
  });

  test(`${adapter.name}: a transaction that fails leaves nothing, and other callers' statements are not part of it`, async () => {
    await withStorage(adapter, async ({ db }) => {
      const entered = Promise.withResolvers<void>();
      const failing = db.transaction().execute(async (trx) => {
        await trx.insertInto('owners').values({ owner: 'inside', alive_until: 1 }).execute();
        entered.resolve();
        await new Promise((resolve) => setTimeout(resolve, 20));
        throw new Error('changed my mind');
      });
      await entered.promise;
      const beside = db.insertInto('owners').values({ owner: 'beside', alive_until: 1 }).execute();
      await assert.rejects(failing, /changed my mind/);
      await beside;
      assert.deepEqual(await db.selectFrom('owners').select('owner').execute(), [{ owner: 'beside' }]);
    });
  });

  test(`${adapter.name}: what a transaction wrote is not seen before it commits`, async () => {
    await withStorage(adapter, async ({ db }, url) => {
      const other = await openStorage({ url });
      const seen = await db.transaction().execute(async (trx) => {
        await trx.insertInto('owners').values({ owner: 'a', alive_until: 1 }).execute();
        return other.db.selectFrom('owners').selectAll().execute();
      });
      assert.deepEqual(seen, []);
      assert.equal((await other.db.selectFrom('owners').selectAll().execute()).length, 1);
      await other.close();
    });
  });

  test(`${adapter.name}: a statement that fails inside a transaction undoes all of it, and the next one works`, async () => {
    await withStorage(adapter, async ({ db }) => {
      const row = { owner: 'a', alive_until: 1 };
      const twice = db.transaction().execute(async (trx) => {
        await trx.insertInto('owners').values(row).execute();
        await trx.insertInto('owners').values(row).execute();
      });
      await assert.rejects(twice, { code: 'conflict' });
      await db.transaction().execute((trx) => trx.insertInto('owners').values(row).execute());
      assert.deepEqual(await db.selectFrom('owners').selectAll().execute(), [row]);
    });
  });

  test(`${adapter.name}: the database itself refuses a second live approval of one key`, async () => {
    await withStorage(adapter, async ({ db }) => {
      await db.insertInto('approvals').values(approvalRow('a', 'pending')).execute();
      await assert.rejects(db.insertInto('approvals').values(approvalRow('b', 'granted')).execute(), { code: 'conflict' });
      await db.updateTable('approvals').set({ status: 'denied' }).execute();
      await db.insertInto('approvals').values(approvalRow('b', 'pending')).execute();
    });
  });
}

function approvalRow(id: string, status: string) {
  const texts = { session: 's', subject: '{}', principal_key: 'p', target: 't', command: 'c', shown: '', digest: 'd', decision: '{}' };
  return { id, approval_key: 'k', status, ...texts, created_at: 1, expires_at: 2, changed_at: 1, intent: null, owner: null, result: null };
}
