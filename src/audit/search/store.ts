import { sql, type Transaction } from 'kysely';
import { highestIdAt } from '../../core/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Storage } from '../../storage/storage.ts';
import type { SearchDocument } from './document.ts';

export const SEARCH_SINK = 'search';

/** Adds documents, but for those of erased sessions. The caller moves the position in the same transaction, and before: erasure waits for it. */
export async function addDocuments(transaction: Transaction<Schema>, kind: Storage['kind'], documents: readonly SearchDocument[]): Promise<void> {
  const sessions = [...new Set(documents.flatMap(({ session }) => (session === null ? [] : [session])))];
  const erased =
    sessions.length === 0 ? [] : await transaction.selectFrom('erased_sessions').select(['session', 'erased_at']).where('session', 'in', sessions).execute();
  const gone = new Map(erased.map(({ session, erased_at: at }) => [session, highestIdAt(at)]));
  const kept = documents.filter(({ id, session }) => id > (gone.get(session ?? '') ?? ''));
  if (kept.length === 0) return;
  // One parameter, whatever the number of rows: the statement stays the same, and prepared.
  const rows = JSON.stringify(kept);
  if (kind === 'postgres') {
    await sql`INSERT INTO event_search (id, session, words)
      SELECT id, session, words::tsvector FROM json_to_recordset(${rows}::json) AS rows (id TEXT, session TEXT, words TEXT)
      ON CONFLICT (id) DO NOTHING`.execute(transaction);
    return;
  }
  await sql`INSERT INTO event_search (id, session)
    SELECT value ->> 'id', value ->> 'session' FROM json_each(${rows}) WHERE true ON CONFLICT (id) DO NOTHING`.execute(transaction);
  await sql`INSERT OR REPLACE INTO event_words (rowid, words)
    SELECT place, value ->> 'words' FROM json_each(${rows}) JOIN event_search ON event_search.id = value ->> 'id'`.execute(transaction);
}

/**
 * Takes what a session said until that time (epoch milliseconds) out of the search index for good: what a sink still holds of it is not
 * added later. Erasing the session's keys first keeps its text from being read again.
 */
export async function eraseFromSearch(db: Transaction<Schema>, session: string, until: number): Promise<void> {
  // Every batch updates its own row of these first: none of them is under way now, and the next one sees the erasure.
  await sql`UPDATE sink_positions SET next_leaf = next_leaf WHERE sink = ${SEARCH_SINK}`.execute(db);
  await db
    .insertInto('erased_sessions')
    .values({ session, erased_at: until })
    .onConflict((conflict) => conflict.column('session').doUpdateSet({ erased_at: until }))
    .execute();
  await db.deleteFrom('event_search').where('session', '=', session).where('id', '<=', highestIdAt(until)).execute();
}

/** Takes events out that are gone themselves. */
export async function removeFromSearch(db: Transaction<Schema>, ids: readonly string[]): Promise<void> {
  await db
    .deleteFrom('event_search')
    .where('id', 'in', [...ids])
    .execute();
}
