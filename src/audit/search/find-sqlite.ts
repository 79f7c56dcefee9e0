import { sql, type Kysely } from 'kysely';
import type { Schema } from '../../storage/schema.ts';
import type { Finding, Hits } from './finding.ts';

interface Row {
  readonly id: string;
}

/**
 * FTS5 keeps its lists in the order of rows, which is that of the record, and gives them in either direction without sorting. Ids are in
 * the same order but for those of one moment: `place` bounds what is looked at, `id` what is found.
 */
export async function newestInSqlite(db: Kysely<Schema>, { expression, lower, upper, limit }: Finding): Promise<Hits> {
  const [from, to] = await Promise.all([placeAt(db, lower, -SLACK), placeAt(db, upper, SLACK)]);
  const { rows } = await sql<Row>`SELECT id FROM (
      SELECT event_search.id FROM event_words JOIN event_search ON event_search.place = event_words.rowid
      WHERE event_words MATCH ${expression} AND event_words.rowid >= ${from} AND event_words.rowid <= ${to}
        AND event_search.id > ${lower} AND event_search.id < ${upper}
      ORDER BY event_words.rowid DESC LIMIT ${limit + SLACK}
    ) ORDER BY id DESC`.execute(db);
  return { places: rows.map(({ id }) => id) };
}

export async function oldestInSqlite(db: Kysely<Schema>, { expression, lower, upper }: Finding, length: number): Promise<Hits> {
  const [from, to] = await Promise.all([placeAt(db, lower, -SLACK), placeAt(db, upper, SLACK)]);
  const { rows } = await sql<Row>`SELECT id FROM (
      SELECT event_search.id FROM event_words JOIN event_search ON event_search.place = event_words.rowid
      WHERE event_words MATCH ${expression} AND event_words.rowid >= ${from} AND event_words.rowid <= ${to}
        AND event_search.id > ${lower} AND event_search.id < ${upper}
      ORDER BY event_words.rowid LIMIT ${length + SLACK}
    ) ORDER BY id`.execute(db);
  const places = rows.slice(0, length).map(({ id }) => id);
  const end = rows.length > length ? places.at(-1) : undefined;
  return { places, ...(end === undefined ? {} : { end }) };
}

/** How far from its id's order a row may stand: what is recorded at one moment. */
const SLACK = 500;

async function placeAt(db: Kysely<Schema>, id: string, slack: number): Promise<number> {
  const { rows } = await sql<{ place: number }>`SELECT place FROM event_search WHERE id >= ${id} ORDER BY id LIMIT 1`.execute(db);
  return rows[0] ? Math.max(0, rows[0].place + slack) : Number.MAX_SAFE_INTEGER;
}
