import type { Kysely, Transaction } from 'kysely';
import type { EventRow, Schema } from '../storage/schema.ts';
import type { IndexRange } from './deletions.ts';
import { eraseFromSearch, removeFromSearch } from './search/store.ts';
import { leafHash } from './tree.ts';

const SOME = 500;

/**
 * Takes what a session said until that time (RFC 3339) out of everything that can be searched; of each event its leaf hash stays, so that the tree can still be rebuilt from the
 * database. Every table that holds what a session said has its line here.
 */
export async function eraseSessionRows(db: Transaction<Schema>, session: string, until: string): Promise<void> {
  await eraseFromSearch(db, session, Date.parse(until));
  for (;;) {
    const rows = await db
      .selectFrom('events')
      .select(['id', 'writer', 'leaf_index', 'leaf'])
      .where('session', '=', session)
      .where('time', '<=', until)
      .limit(SOME)
      .execute();
    await replaceByHashes(db, rows, session);
    if (rows.length < SOME) break;
  }
  await db.deleteFrom('sessions').where('id', '=', session).where('last_at', '<=', until).execute();
  await db
    .updateTable('approvals')
    .set({ shown: '[erased]', result: null })
    .where('session', '=', session)
    .where('status', 'not in', ['pending', 'granted', 'executing'])
    .execute();
}

/** The same for all events of a segment that is being deleted, and for sessions of which nothing is left. */
export async function eraseRangeRows(db: Transaction<Schema>, writer: string, { first, end }: IndexRange): Promise<void> {
  const sessions = new Set<string>();
  for (;;) {
    const rows = await db
      .selectFrom('events')
      .select(['id', 'writer', 'leaf_index', 'leaf', 'session'])
      .where('writer', '=', writer)
      .where('leaf_index', '>=', first)
      .where('leaf_index', '<', end)
      .orderBy('leaf_index')
      .limit(SOME)
      .execute();
    for (const { session } of rows) if (session !== null) sessions.add(session);
    await replaceByHashes(db, rows, null);
    if (rows.length < SOME) break;
  }
  for (const id of sessions) {
    const left = await db.selectFrom('events').select('id').where('session', '=', id).limit(1).executeTakeFirst();
    if (!left) await db.deleteFrom('sessions').where('id', '=', id).execute();
  }
}

/** The hash of a leaf that is in no row any more. */
export function erasedLeaf({ writer, leaf_index, leaf }: Pick<EventRow, 'writer' | 'leaf_index' | 'leaf'>, session: string | null): Schema['erased_leaves'] {
  return { writer, leaf_index, session, hash: leafHash(Buffer.from(`\0${leaf}`)).toString('hex') };
}

export async function keepHashes(db: Kysely<Schema>, hashes: readonly Schema['erased_leaves'][]): Promise<void> {
  if (hashes.length === 0) return;
  await db
    .insertInto('erased_leaves')
    .values([...hashes])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function replaceByHashes(
  db: Transaction<Schema>,
  rows: readonly Pick<EventRow, 'id' | 'writer' | 'leaf_index' | 'leaf'>[],
  session: string | null,
): Promise<void> {
  if (rows.length === 0) return;
  await keepHashes(
    db,
    rows.map((row) => erasedLeaf(row, session)),
  );
  const ids = rows.map(({ id }) => id);
  await db.deleteFrom('events').where('id', 'in', ids).execute();
  await removeFromSearch(db, ids);
}
