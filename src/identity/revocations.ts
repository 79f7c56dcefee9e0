import type { Transaction } from 'kysely';
import type { Schema } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { ChangeFeed, nextChange } from './change-feed.ts';

/** Sign-ins and grants that were ended, by their ids. A token names those that it was issued through. */
export interface Revocations {
  /** In force here when it resolves, and in every other process within half a second. */
  end(...ids: readonly string[]): Promise<void>;
  /** The same as a part of a change of the caller's, who then calls `refresh`. */
  endWithin(db: Transaction<Schema>, ids: readonly string[]): Promise<void>;
  refresh(): Promise<void>;
  /** Whether one of them was ended; from memory. Throws where nobody has been able to read for long. */
  hasEnded(ids: readonly string[]): boolean;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface RevocationsOptions {
  readonly storage: Storage;
  readonly now?: () => number;
  readonly pollMs?: number;
  readonly report?: (error: unknown) => void;
}

/** Longer than any token of ours lives, and any stream that one opened. */
const KEEP_MS = 24 * 60 * 60_000;

/** Resolves when what was ended is known. */
export async function openRevocations({ storage, now = Date.now, pollMs, report }: RevocationsOptions): Promise<Revocations> {
  const { db } = storage;
  const ended = new Map<string, number>();
  const feed = new ChangeFeed({
    now,
    ...(pollMs === undefined ? {} : { pollMs }),
    ...(report ? { report } : {}),
    read: (after) => db.selectFrom('revocations').selectAll().where('change', '>', after).orderBy('change').execute(),
    apply(rows) {
      for (const { id, ended_at } of rows) ended.set(id, ended_at);
      // In the order of their ends, nearly: what is forgotten a little late does no harm.
      for (const [id, at] of ended) if (at < now() - KEEP_MS) ended.delete(id);
    },
  });

  await feed.start();
  return {
    async end(...ids) {
      await db.transaction().execute((transaction) => recordEnds(transaction, ids, now()));
      await feed.refresh();
    },
    endWithin: (transaction, ids) => recordEnds(transaction, ids, now()),
    refresh: () => feed.refresh(),
    hasEnded(ids) {
      if (!feed.isFresh) throw new Error('what was ended has not been readable for too long');
      return ended.size > 0 && ids.some((id) => ended.has(id));
    },
    onChange: (listener) => feed.onChange(listener),
    close: () => feed.close(),
  };
}

/** Writes that these ended; every process that looks knows it then. */
export async function recordEnds(db: Transaction<Schema>, ids: readonly string[], now: number): Promise<void> {
  for (const id of ids) {
    const ended = { ended_at: now, change: await nextChange(db, 'revocations') };
    await db
      .insertInto('revocations')
      .values({ id, ...ended })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(ended))
      .execute();
  }
  await db
    .deleteFrom('revocations')
    .where('ended_at', '<', now - KEEP_MS)
    .execute();
}
