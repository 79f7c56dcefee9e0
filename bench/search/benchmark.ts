/** How long a search takes among a million events, in a PostgreSQL of its own. */
import { sql } from 'kysely';
import { Client } from 'pg';
import { startPostgres } from '../../test/support/postgres.ts';
import { addDocuments } from '../../src/audit/search/store.ts';
import { searchEvents, type SearchOptions } from '../../src/audit/search/search-events.ts';
import type { SearchFilter, SearchScope } from '../../src/audit/search/query.ts';
import { leafText } from '../../src/audit/leaf.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import type { Benchmark, BenchmarkOptions, Figures } from '../benchmark.ts';
import { sampleEvent, sampleTime, sampleWord, SAMPLE_TARGETS, seeded, type SampleEvent } from './sample.ts';

export const search: Benchmark = { about: 'finding events among a million in PostgreSQL, by kind of query; minutes to build', run: benchSearch };

/** Memory of a small server; the rest is as it comes. */
const SETTINGS = ['shared_buffers=256MB', 'maintenance_work_mem=256MB', 'max_wal_size=4GB', 'autovacuum=off'];
const BATCH = 2_000;
const OWNER: SearchScope = { viewer: 'nobody', targets: SAMPLE_TARGETS };

async function benchSearch({ quick, say }: BenchmarkOptions): Promise<Figures> {
  const server = await startPostgres(SETTINGS);
  if (!server) throw new Error('the PostgreSQL server is not installed: apt-get install postgresql');
  const storage = await openStorage({ url: server.url });
  try {
    const events = quick ? 20_000 : 1_000_000;
    const built = await build({ storage, url: server.url }, events, say);
    const figures: Record<string, number> = { events, ...built };
    for (const [name, ask] of Object.entries(QUERIES)) {
      const times = await timed(storage, ask, { events, times: quick ? 10 : 60 });
      figures[`${name}_p50_ms`] = times[Math.floor(times.length * 0.5)] ?? 0;
      figures[`${name}_p95_ms`] = times[Math.floor(times.length * 0.95)] ?? 0;
      say(`${name}: p50 ${figures[`${name}_p50_ms`]?.toFixed(1)} ms, p95 ${figures[`${name}_p95_ms`]?.toFixed(1)} ms`);
    }
    return figures;
  } finally {
    await storage.close();
    await server.stop();
  }
}

type Ask = (n: number, events: number) => Pick<SearchOptions, 'filter' | 'cursor'> & { readonly scope?: SearchScope };

const only = (filter: SearchFilter) => ({ filter });
const rank = (n: number, from: number, to: number): string => sampleWord(Math.floor(from + seeded(n)() * (to - from)));

/** What people look for, and what is hard: words that are frequent, rare, never together, or frequent long ago only. */
const QUERIES: Readonly<Record<string, Ask>> = {
  rare_word: (n) => only({ text: rank(n, 25_000, 30_000) }),
  common_word: (n) => only({ text: rank(n, 0, 20) }),
  two_words: (n) => only({ text: `${rank(n, 20, 400)} ${rank(n + 1000, 20, 400)}` }),
  three_words: (n) => only({ text: `${rank(n, 0, 50)} ${rank(n + 1000, 50, 500)} ${rank(n + 2000, 500, 3000)}` }),
  beginning: (n) => only({ text: `${sampleWord(1000 + n).slice(0, 3)}*` }),
  never_together: () => only({ text: 'third other' }),
  formerly: () => only({ text: 'formerly' }),
  formerly_without: (n) => only({ text: `formerly -${rank(n, 0, 10)}` }),
  subject_and_word: (n) => only({ text: rank(n, 0, 200), subject: `person-${n * 3}` }),
  one_day: (n, events) => only({ text: rank(n, 20, 400), since: sampleTime(events / 3), until: sampleTime(events / 3) + 86_400_000 }),
  denials_of_rule: (n) => only({ effect: 'deny', rule: `rule-${n % 40}` }),
  rare_subject: (n) => only({ subject: `person-${399 - (n % 20)}` }),
  command: (n) => only({ command: `tool_${n % 60}`, kind: 'command.refused' }),
  everything: () => only({}),
  an_id: (n, events) => only({ text: ((n * 9973) % events).toString(16).padStart(64, '0') }),
  own_sessions: (n) => ({ filter: { text: rank(n, 0, 200) }, scope: { viewer: JSON.stringify(['person', 'https://idp.example', `u${n * 5}`]), targets: [] } }),
  far_page: (n, events) => ({ filter: { text: rank(n, 0, 100) }, cursor: sampleEvent(Math.floor(events / 2) + n, events).event.id }),
};

async function timed(storage: Storage, ask: Ask, { events, times }: { readonly events: number; readonly times: number }): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let n = 0; n < times; n += 1) {
    const { scope = OWNER, ...asked } = ask(n, events);
    const began = performance.now();
    await searchEvents(storage, { scope, ...asked });
    taken.push(performance.now() - began);
  }
  return taken.toSorted((a, b) => a - b);
}

/** All but the last part without the index of words, which is quicker to make at once; the rest shows what an event costs with it. */
async function build({ storage, url }: Database, events: number, say: (line: string) => void): Promise<Figures> {
  const { rows: known } = await sql<{ made: string }>`SELECT indexdef AS made FROM pg_indexes WHERE indexname = 'event_search_by_word'`.execute(storage.db);
  await sql`DROP INDEX event_search_by_word`.execute(storage.db);
  const last = Math.min(20_000, events / 10);
  await fill(storage, { from: 0, to: events - last, events }, say);
  say('making the index of words');
  await longRunning(url, known[0]?.made ?? '');
  await longRunning(url, 'ANALYZE');
  const began = performance.now();
  const made = await fill(storage, { from: events - last, to: events, events }, say);
  const { rows } = await sql<{ size: number }>`SELECT pg_total_relation_size('event_search') AS size`.execute(storage.db);
  return {
    document_us: made.documentMs * (1000 / last),
    store_us: (performance.now() - began - made.documentMs) * (1000 / last),
    bytes_per_event: (rows[0]?.size ?? 0) / events,
  };
}

/** The gateway's own connections give up after some seconds; this one does not. */
async function longRunning(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

interface Database {
  readonly storage: Storage;
  readonly url: string;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly events: number;
}

async function fill(storage: Storage, { from, to, events }: Range, say: (line: string) => void): Promise<{ readonly documentMs: number }> {
  let documentMs = 0;
  for (let n = from; n < to; n += BATCH) {
    const began = performance.now();
    const some = Array.from({ length: Math.min(BATCH, to - n) }, (_, i) => sampleEvent(n + i, events));
    documentMs += performance.now() - began;
    await store(storage, some, n);
    if (n % 100_000 === 0) say(`${n} of ${events} events`);
  }
  return { documentMs };
}

async function store(storage: Storage, some: readonly SampleEvent[], first: number): Promise<void> {
  const rows = some.map(({ event }, i) => ({
    id: event.id,
    index: first + i,
    time: event.time,
    leaf: leafText({ ...event, writer: 'w', index: first + i }),
  }));
  await storage.db.transaction().execute(async (transaction) => {
    await sql`INSERT INTO events (id, writer, leaf_index, time, kind, leaf)
      SELECT id, 'w', index, time, 'sample', leaf FROM json_to_recordset(${JSON.stringify(rows)}::json) AS rows (id TEXT, index BIGINT, time TEXT, leaf TEXT)`.execute(
      transaction,
    );
    await addDocuments(
      transaction,
      storage.kind,
      some.map(({ document }) => document),
    );
  });
}
