import { createHash } from 'node:crypto';
import { isSallyportError } from '../core/error.ts';
import type { Storage } from './storage.ts';

/** Longer than anything that is used once can be used at all. */
const KEEP_MS = 2 * 86_400_000;

/** What may be used once, in whichever process: true the first time, false ever after. */
export type Spend = (what: string) => Promise<boolean>;

export function createSpend({ db }: Storage, now: () => number): Spend {
  let forgotAt = 0;
  return async (what) => {
    const id = createHash('sha256').update(what).digest('hex');
    if (now() - forgotAt > 3_600_000) {
      forgotAt = now();
      await db
        .deleteFrom('spent')
        .where('spent_at', '<', now() - KEEP_MS)
        .execute();
    }
    try {
      await db.insertInto('spent').values({ id, spent_at: now() }).execute();
      return true;
    } catch (error) {
      if (isSallyportError(error, 'conflict')) return false;
      throw error;
    }
  };
}
