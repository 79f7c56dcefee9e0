import type { Transaction } from 'kysely';
import { subjectKey, type Subject } from '../core/subject.ts';
import type { Schema } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { ChangeFeed, nextChange } from './change-feed.ts';

/**
 * What was ended, by ids: sign-ins and grants, which a token names where it was issued through them, and local accounts that were
 * removed, by their subjects' keys.
 */
export interface Revocations {
  /** In force here when it resolves, and in every other process within half a second. */
  end(...ids: readonly string[]): Promise<void>;
  /** The same as a part of a change of the caller's, who then calls `refresh`. */
  endWithin(db: Transaction<Schema>, ids: readonly string[]): Promise<void>;
  refresh(): Promise<void>;
  /** Whether one of them was ended; from memory. Throws where nobody has been able to read for long. */
  hasEnded(ids: readonly string[]): boolean;
  /**
   * Whether the subject, or whom it acts for, was a local account that was removed since then (epoch milliseconds): what was issued to
   * one that was made anew is of after its end. Throws alike.
   */
  hasLeft(subject: Subject, since: number): boolean;
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

  function requireFresh(): void {
    if (!feed.isFresh) throw new Error('what was ended has not been readable for too long');
  }

  const hasLeft = (subject: Subject, since: number): boolean =>
    since <= (ended.get(subjectKey(subject)) ?? Number.NEGATIVE_INFINITY) || (subject.onBehalfOf !== undefined && hasLeft(subject.onBehalfOf, since));

  await feed.start();
  return {
    async end(...ids) {
      await db.transaction().execute((transaction) => recordEnds(transaction, ids, now()));
      await feed.refresh();
    },
    endWithin: (transaction, ids) => recordEnds(transaction, ids, now()),
    refresh: () => feed.refresh(),
    hasEnded(ids) {
      requireFresh();
      return ended.size > 0 && ids.some((id) => ended.has(id));
    },
    hasLeft(subject, since) {
      requireFresh();
      return ended.size > 0 && hasLeft(subject, since);
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
