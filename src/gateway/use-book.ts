import type { Storage } from '../storage/storage.ts';

export interface Use {
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What was used before, in a place that outlives a restart and that all processes share. */
export interface UseBook {
  /** Uses written after `since`, the latest `limit`, oldest first. */
  after(since: number, limit: number): Promise<readonly Use[]>;
  write(uses: readonly Use[]): Promise<void>;
  forget(before: number): Promise<void>;
}

/** Of one statement; PostgreSQL takes 65,535 parameters. */
const AT_ONCE = 1000;

export function storedUseBook({ db }: Pick<Storage, 'db'>): UseBook {
  return {
    async after(since, limit) {
      const rows = await db.selectFrom('uses').selectAll().where('used_at', '>', since).orderBy('used_at', 'desc').limit(limit).execute();
      return rows.map(({ use_key: key, used_at: at }) => ({ key, at })).toReversed();
    },
    async write(uses) {
      // In one order everywhere, so that two processes never wait for each other's rows.
      const rows = uses.map(({ key, at }) => ({ use_key: key, used_at: at })).toSorted((a, b) => (a.use_key < b.use_key ? -1 : 1));
      for (let from = 0; from < rows.length; from += AT_ONCE) {
        await db
          .insertInto('uses')
          .values(rows.slice(from, from + AT_ONCE))
          .onConflict((conflict) => conflict.column('use_key').doUpdateSet((row) => ({ used_at: row.ref('excluded.used_at') })))
          .execute();
      }
    },
    async forget(before) {
      await db.deleteFrom('uses').where('used_at', '<', before).execute();
    },
  };
}
