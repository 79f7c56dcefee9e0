import { SallyportError } from '../../core/error.ts';
import type { Event } from '../../core/event.ts';
import { highestIdAt, ID_PATTERN, lowestIdAt } from '../../core/id.ts';
import type { Storage } from '../../storage/storage.ts';
import { readLeaf } from '../leaf.ts';
import { eventOf, type EventPlace } from '../replay.ts';
import { newestInPostgres, oldestInPostgres } from './find-postgres.ts';
import { newestInSqlite, oldestInSqlite } from './find-sqlite.ts';
import type { Finding } from './finding.ts';
import { asFtsMatch, asLookup, asTsquery, searchExpression, type SearchFilter, type SearchScope } from './query.ts';

export interface SearchOptions {
  readonly filter: SearchFilter;
  readonly scope: SearchScope;
  readonly cursor?: string;
  /** Default 50, at most 500. */
  readonly limit?: number;
}

export interface SearchPage {
  /** The newest first. */
  readonly events: readonly Event[];
  /** Cursor of the next page; absent on the last. */
  readonly next?: string;
  /** RFC 3339: so far back it was looked; there may be more behind it, even where this page is not full. */
  readonly searchedTo?: string;
}

/** One page of what the viewer may see. Throws `usage` for a text without words, or a cursor that is none of ours. */
export async function searchEvents(storage: Storage, { filter, scope, cursor, limit: wanted = 50 }: SearchOptions): Promise<SearchPage> {
  const limit = Math.min(Math.max(wanted, 1), 500);
  const finding = findingOf(storage, filter, scope, limit);
  const upper = cursor === undefined ? finding.upper : earlier(finding.upper, readCursor(cursor));
  const find = storage.kind === 'postgres' ? newestInPostgres : newestInSqlite;
  const { places, end } = await find(storage.db, { ...finding, upper });
  const ids = places.slice(0, limit);
  const last = places.length > limit ? ids.at(-1) : end;
  const events = (await readEvents(storage, ids)).map(({ event }) => event);
  return { events, ...(last === undefined ? {} : { next: last, searchedTo: timeOf(last) }) };
}

export interface FoundEvent {
  readonly event: Event;
  readonly place: EventPlace;
}

const CHUNK = 2_000;

/** Everything that the viewer may see, the oldest first, in pieces. */
export async function* allEvents(storage: Storage, { filter, scope }: Pick<SearchOptions, 'filter' | 'scope'>): AsyncIterable<readonly FoundEvent[]> {
  const finding = findingOf(storage, filter, scope, CHUNK);
  const find = storage.kind === 'postgres' ? oldestInPostgres : oldestInSqlite;
  for (let lower: string | undefined = finding.lower; lower !== undefined;) {
    const hits: Awaited<ReturnType<typeof find>> = await find(storage.db, { ...finding, lower }, CHUNK);
    if (hits.places.length > 0) yield (await readEvents(storage, hits.places)).toReversed();
    lower = hits.end;
  }
}

/** Above every id of a time that can be. */
const LAST = 'Z'.repeat(26);

function findingOf(storage: Storage, filter: SearchFilter, scope: SearchScope, limit: number): Finding {
  const expression = searchExpression(filter, scope);
  return {
    expression: storage.kind === 'postgres' ? asTsquery(expression) : asFtsMatch(expression),
    lookup: asLookup(expression),
    // The event of that very moment counts: its id is above the lowest one of the millisecond before, with everything behind it.
    lower: filter.since === undefined ? '' : highestIdAt(filter.since - 1),
    upper: filter.until === undefined ? LAST : lowestIdAt(filter.until),
    limit,
  };
}

const earlier = (a: string, b: string): string => (a < b ? a : b);

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function timeOf(id: string): string {
  const milliseconds = [...id.slice(0, 10)].reduce((sum, character) => sum * 32 + ALPHABET.indexOf(character), 0);
  return new Date(milliseconds).toISOString();
}

function readCursor(cursor: string): string {
  if (ID_PATTERN.test(cursor)) return cursor;
  throw new SallyportError('usage', 'the cursor is not one that this search gave', { hint: 'begin again without one' });
}

/** PostgreSQL and SQLite both take as many parameters. */
const PARAMETERS = 500;

/** The newest first. What the index of events does not have yet is left out. */
async function readEvents(storage: Storage, ids: readonly string[]): Promise<readonly FoundEvent[]> {
  const found: FoundEvent[] = [];
  for (let from = 0; from < ids.length; from += PARAMETERS) {
    const some = ids.slice(from, from + PARAMETERS);
    const rows = await storage.db.selectFrom('events').select('leaf').where('id', 'in', some).execute();
    for (const row of rows) found.push(foundEvent(row.leaf));
  }
  return found.toSorted((a, b) => newerFirst(a.event, b.event));
}

/** An id is made a moment before its event where something had to happen in between. */
function newerFirst(a: Event, b: Event): number {
  if (a.time !== b.time) return a.time < b.time ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

function foundEvent(text: string): FoundEvent {
  const leaf = readLeaf(Buffer.from(text));
  if (!leaf) throw new SallyportError('verify_failed', 'a row of the index is no event', { hint: 'run `sallyport audit verify`' });
  return { event: eventOf(leaf), place: { writer: leaf.writer, index: leaf.index } };
}
