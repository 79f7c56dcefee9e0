import { createHash } from 'node:crypto';
import type { Storage } from '../../storage/storage.ts';

/** Whether something that counts once comes for the first time, in whichever process; it is remembered until it could not be used anyway. */
export type FirstUse = (what: readonly string[], until: number) => Promise<boolean>;

const FORGET_MS = 10 * 60_000;

export function createFirstUse({ db }: Pick<Storage, 'db'>, now: () => number): FirstUse {
  let forgotAt = Number.NEGATIVE_INFINITY;
  return async (what, until) => {
    if (now() - forgotAt > FORGET_MS) {
      forgotAt = now();
      await db.deleteFrom('used_assertions').where('forget_at', '<', now()).execute();
    }
    const id = createHash('sha256').update(JSON.stringify(what)).digest('hex');
    const { numInsertedOrUpdatedRows = 0n } = await db
      .insertInto('used_assertions')
      .values({ id, forget_at: until })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows > 0n;
  };
}
