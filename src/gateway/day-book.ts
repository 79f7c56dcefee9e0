import type { Storage } from '../storage/storage.ts';

export interface DayLimits {
  readonly calls?: number;
  readonly bytes?: number;
}

/** What was used on a day, in a place that outlives a restart and that all processes share. */
export interface DayBook {
  /** Takes one call, unless what was taken or spent has reached its limit. One step: two processes never take the same last one. */
  take(key: string, day: string, limits: DayLimits): Promise<boolean>;
  spend(key: string, day: string, bytes: number): Promise<void>;
  /** Forgets the days before. */
  forget(before: string): Promise<void>;
}

export function storedDayBook({ db }: Pick<Storage, 'db'>): DayBook {
  return {
    async take(quota_key, day, { calls, bytes }) {
      await db
        .insertInto('spending')
        .values({ quota_key, day, calls: 0, bytes: 0 })
        .onConflict((conflict) => conflict.columns(['quota_key', 'day']).doNothing())
        .execute();
      let update = db
        .updateTable('spending')
        .set((row) => ({ calls: row('calls', '+', 1) }))
        .where('quota_key', '=', quota_key)
        .where('day', '=', day);
      if (calls !== undefined) update = update.where('calls', '<', calls);
      if (bytes !== undefined) update = update.where('bytes', '<', bytes);
      const { numUpdatedRows } = await update.executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async spend(quota_key, day, bytes) {
      await db
        .updateTable('spending')
        .set((row) => ({ bytes: row('bytes', '+', bytes) }))
        .where('quota_key', '=', quota_key)
        .where('day', '=', day)
        .execute();
    },
    async forget(before) {
      await db.deleteFrom('spending').where('day', '<', before).execute();
    },
  };
}
