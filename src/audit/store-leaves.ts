import { sql, type Transaction } from 'kysely';
import type { Schema } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { eventRow, sessionRows } from './index-rows.ts';
import { EventInserts } from './insert-events.ts';
import { leafAt, type Leaf } from './leaf.ts';

/** Records that follow one another in one writer's log. */
export interface LeafBatch {
  readonly sink: string;
  readonly writer: string;
  /** Index of the first, and of the one behind the last. */
  readonly from: number;
  readonly next: number;
  /** Each as it stands in the log. */
  readonly leaves: readonly string[];
}

/** Puts a batch into `events` and `sessions` and moves the sink's position, all or nothing. Throws where the position is not `from`: sums are never added twice. */
export type StoreLeaves = (batch: LeafBatch) => Promise<void>;

/** The embedded database does it beside its file; one that is shared is told over the wire. */
export function storeLeaves(storage: Storage): StoreLeaves {
  const { procedure } = storage;
  if (procedure) return async (batch) => void (await procedure(new URL('./store-leaves.sqlite.ts', import.meta.url), batch));
  const inserts = new EventInserts();
  return (batch) => storage.db.transaction().execute((transaction) => store(transaction, batch, inserts));
}

export function movedElsewhere(from: number): Error {
  return new Error(`the index's position is no longer ${from}: it is read again`);
}

async function store(transaction: Transaction<Schema>, batch: LeafBatch, inserts: EventInserts): Promise<void> {
  const leaves = batch.leaves.map((text, at) => leafAt(text, batch.from + at));
  const moved = await transaction
    .updateTable('sink_positions')
    .set({ next_leaf: batch.next })
    .where('sink', '=', batch.sink)
    .where('writer', '=', batch.writer)
    .where('next_leaf', '=', batch.from)
    .executeTakeFirst();
  if (moved.numUpdatedRows !== 1n) throw movedElsewhere(batch.from);
  await inserts.insert(
    transaction,
    leaves.map((leaf, at) => eventRow(leaf, batch.leaves[at] ?? '')),
  );
  await addSessions(transaction, leaves);
}

async function addSessions(transaction: Transaction<Schema>, leaves: readonly Leaf[]): Promise<void> {
  const rows = sessionRows(leaves);
  if (rows.length === 0) return;
  await transaction
    .insertInto('sessions')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        // Neither MAX nor GREATEST is in both dialects.
        opened_at: sql<string>`CASE WHEN excluded.opened_at < sessions.opened_at THEN excluded.opened_at ELSE sessions.opened_at END`,
        last_at: sql<string>`CASE WHEN excluded.last_at > sessions.last_at THEN excluded.last_at ELSE sessions.last_at END`,
        closed_at: sql<string | null>`COALESCE(excluded.closed_at, sessions.closed_at)`,
        commands: sql<number>`sessions.commands + excluded.commands`,
        refused: sql<number>`sessions.refused + excluded.refused`,
        masked: sql<number>`sessions.masked + excluded.masked`,
      }),
    )
    .execute();
}
