import { sql, type Kysely, type Transaction } from 'kysely';
import type { Schema } from '../../storage/schema.ts';
import type { Finding, Hits } from './finding.ts';

/** Looked at one by one at first: what is frequent fills a page out of these. */
const FIRST_WALK = 1_000;
/** What is found by its words is sorted, so there must not be too much of it. */
const MOST_BY_WORD = 5_000;
/** A longer walk goes by such steps, and one page no further than so many of them; the next page goes on. */
const STEP = 4_000;
const STEPS = 3;

/**
 * The newest first. No index gives both words and order, and which of the two is cheap depends on how frequent the words are, lately and at
 * all; what the database guesses of that is wrong by orders of magnitude. So: a short walk from the newest on; then by the words, unless that
 * is too much; then a longer walk, which ends after a while with what it has.
 */
export async function newestInPostgres(db: Kysely<Schema>, asked: Finding): Promise<Hits> {
  const near = await walk(db, asked, FIRST_WALK);
  const expected = (near.places.length * STEP * STEPS) / FIRST_WALK;
  // Some on the way promise the rest of the page on the way.
  const sofar = expected > asked.limit ? await walkFar(db, asked, near) : near;
  const { end } = sofar;
  if (end === undefined || sofar.places.length > asked.limit) return sofar;
  const byWord = await db
    .transaction()
    .setAccessMode('read only')
    .execute((transaction) => lookUp(transaction, { ...asked, upper: end }));
  if (byWord) return { places: [...sofar.places, ...byWord] };
  return sofar === near ? walkFar(db, asked, near) : sofar;
}

async function walkFar(db: Kysely<Schema>, asked: Finding, near: Hits): Promise<Hits> {
  let sofar = near;
  for (let step = 0; step < STEPS && sofar.end !== undefined && sofar.places.length <= asked.limit; step += 1) {
    const further = await walk(db, { ...asked, upper: sofar.end }, STEP);
    sofar = { ...further, places: [...sofar.places, ...further.places] };
  }
  return sofar;
}

/** The oldest first, from `lower` on: for whoever reads all of it. */
export async function oldestInPostgres(db: Kysely<Schema>, { expression, lower, upper }: Finding, length: number): Promise<Hits> {
  const { rows } = await sql<Row>`WITH walked AS MATERIALIZED (
      SELECT id, words @@ ${expression}::tsquery AS hit FROM event_search WHERE id > ${lower} AND id < ${upper} ORDER BY id LIMIT ${length}
    )
    SELECT id, 1 AS hit FROM walked WHERE hit UNION ALL SELECT max(id), 0 FROM walked HAVING count(*) = ${length}`.execute(db);
  return hitsOf(rows, (a, b) => (a < b ? -1 : 1));
}

interface Row {
  readonly id: string;
  readonly hit: number;
}

async function walk(db: Kysely<Schema>, { expression, lower, upper }: Finding, length: number): Promise<Hits> {
  const { rows } = await sql<Row>`WITH walked AS MATERIALIZED (
      SELECT id, words @@ ${expression}::tsquery AS hit FROM event_search WHERE id < ${upper} AND id > ${lower} ORDER BY id DESC LIMIT ${length}
    )
    SELECT id, 1 AS hit FROM walked WHERE hit UNION ALL SELECT min(id), 0 FROM walked HAVING count(*) = ${length}`.execute(db);
  return hitsOf(rows, (a, b) => (a < b ? 1 : -1));
}

function hitsOf(rows: readonly Row[], order: (a: string, b: string) => number): Hits {
  const end = rows.find(({ hit }) => hit === 0)?.id;
  const places = rows
    .filter(({ hit }) => hit === 1)
    .map(({ id }) => id)
    .toSorted(order);
  return { places, ...(end === undefined ? {} : { end }) };
}

/** Undefined where there are too many. */
async function lookUp(transaction: Transaction<Schema>, { expression, lookup, lower, upper, limit }: Finding): Promise<readonly string[] | undefined> {
  // The other ways to do it are taken away; compiling the statement would take longer than carrying it out.
  await sql`SELECT set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true), set_config('jit', 'off', true)`.execute(transaction);
  // The words are looked at last: not at all where there are too many hits, and else of one hit after the other, until there are enough.
  const { rows } = await sql<{ id: string; found: number }>`WITH hits AS MATERIALIZED (
      SELECT id, ctid AS place FROM event_search WHERE words @@ ${lookup}::tsquery AND id < ${upper} AND id > ${lower} LIMIT ${MOST_BY_WORD + 1}
    ), newest AS MATERIALIZED (
      SELECT id, place FROM hits WHERE (SELECT count(*) FROM hits) <= ${MOST_BY_WORD} ORDER BY id DESC
    )
    (SELECT id, 0 AS found FROM newest
      WHERE (SELECT words @@ ${expression}::tsquery FROM event_search WHERE event_search.ctid = newest.place) LIMIT ${limit + 1})
    UNION ALL SELECT '', count(*) FROM hits`.execute(transaction);
  const found = rows.find(({ id }) => id === '')?.found ?? 0;
  const places = rows.filter(({ id }) => id !== '').map(({ id }) => id);
  return found > MOST_BY_WORD ? undefined : places.toSorted((a, b) => (a < b ? 1 : -1));
}
