import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { sql } from 'kysely';
import { makeDatabase } from '../../../test/support/databases.ts';
import { startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { until } from '../../../test/support/until.ts';
import { makeEvent, type Event, type EventKind, type EventParts } from '../../core/event.ts';
import type { Body } from '../../core/recorder.ts';
import { subjectKey } from '../../core/subject.ts';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { startIndex } from '../index-sink.ts';
import { aBody, anEvent, dataFolder } from '../testing.ts';
import type { SearchFilter, SearchScope } from './query.ts';
import { allEvents, searchEvents, type SearchOptions } from './search-events.ts';
import { startSearchIndex } from './search-index.ts';
import { eraseFromSearch } from './store.ts';

let server: TestPostgres | undefined;
let databases = 0;

before(async () => {
  server = await startPostgres();
  assert.ok(server, 'the PostgreSQL server is not installed: apt-get install postgresql');
});
after(() => server?.stop());

const freshDatabase = (): Promise<string> => makeDatabase(server?.url ?? '', `search_${(databases += 1)}`);

interface Bench {
  readonly storage: Storage;
  record(kind: EventKind, parts?: EventParts, body?: Body, at?: number): Promise<Event>;
  /** Until all that was recorded is found. */
  settled(): Promise<void>;
  find(filter: SearchFilter, more?: Partial<SearchOptions>): Promise<readonly Event[]>;
}

const alice = { id: 'a', name: 'alice', kind: 'person', groups: [], issuer: 'local' };
const bob = { id: 'b', name: 'bob', kind: 'person', groups: [], issuer: 'local' };
const owner: SearchScope = { viewer: 'nobody', targets: ['models', 'payroll'] };
const S1 = '01KA0000000000000000SESS01';
const S2 = '01KA0000000000000000SESS02';

async function bench(t: TestContext, kind: Storage['kind']): Promise<Bench> {
  const closing: (() => Promise<void>)[] = [];
  // Hooks run in the order of their making: all is closed before the folder goes.
  t.after(async () => {
    for (const close of closing) await close();
  });
  const data = await dataFolder(t);
  const url = kind === 'sqlite' ? join(data.path, 'sallyport.db') : await freshDatabase();
  const storage = await openStorage({ url });
  const journal = await data.open({ segmentBytes: 100_000 });
  const problems: unknown[] = [];
  const index = startIndex({ journal, storage, gatherMs: 1 });
  const search = startSearchIndex({ journal, database: url, tellMs: 1, report: (error) => problems.push(error) });
  closing.push(
    () => search.close(),
    () => index.close(),
    () => journal.close(),
    () => storage.close(),
    () => Promise.resolve(assert.deepEqual(problems, [])),
  );
  return {
    storage,
    async record(what, parts = {}, body, at) {
      const { id: _id, time: _time, kind: _kind, ...usual } = anEvent();
      const event = makeEvent(what, { ...usual, session: S1, subject: alice, ...parts }, ...(at === undefined ? [] : [new Date(at)]));
      await journal.append(event, body ? [body] : []);
      return event;
    },
    async settled() {
      await index.caughtUp();
      assert.ok(await search.caughtUp(20_000), 'the search index did not catch up');
    },
    find: async (filter, more = {}) => (await searchEvents(storage, { filter, scope: owner, ...more })).events,
  };
}

const ids = (events: readonly Event[]): readonly string[] => events.map(({ id }) => id);
const decision = (effect: 'allow' | 'deny', rule: string) => ({ effect, rule, reason: 'because', policyVersion: 'v1', risk: { score: 1, factors: [] } });

for (const kind of ['sqlite', 'postgres'] as const) {
  test(`${kind}: an event is found by what was said with it, by each of its fields, and by its time`, async (t) => {
    const { record, settled, find } = await bench(t, kind);
    const early = await record('session.opened', {}, undefined, Date.parse('2026-01-01T00:00:00Z'));
    const sent = await record('command.forwarded', { decision: decision('allow', 'a, b') }, aBody('{"model":"churn-serving","rows":10}'));
    const reply = await record('reply.received', { intent: sent.id }, aBody('{"content":[{"text":"{\\"mail\\":\\"[redacted:email]\\"}"}]}', 'reply'));
    const refused = await record('command.refused', { session: S2, subject: bob, target: 'payroll', decision: decision('deny', 'no-salaries') });
    await settled();
    const found: readonly (readonly [SearchFilter, readonly Event[]])[] = [
      [{ text: 'serving CHURN' }, [sent]],
      [{ text: 'redacted' }, [reply]],
      [{ text: 'chur*' }, [sent]],
      [{ text: 'churn mail' }, []],
      [{ text: 'scientist' }, []],
      [{ text: `model -churn` }, [refused, reply, early]],
      [{ text: sent.id }, [reply, sent]],
      [{ subject: 'bob' }, [refused]],
      [{ subject: 'person:bob' }, [refused]],
      [{ subject: 'workload:bob' }, []],
      [{ target: 'payroll' }, [refused]],
      [{ rule: 'b' }, [sent]],
      [{ effect: 'deny' }, [refused]],
      [{ kind: 'command' }, [refused, sent]],
      [{ kind: 'command.refused' }, [refused]],
      [{ command: 'run_model' }, [refused, reply, sent, early]],
      [{ command: 'tools/call run_*', subject: 'alice', kind: 'reply' }, [reply]],
      [{ command: 'churn' }, []],
      [{ session: S2 }, [refused]],
      [{ until: Date.parse('2026-01-01T00:00:00.001Z') }, [early]],
      [{ until: Date.parse('2026-01-01T00:00:00.000Z') }, []],
      [{ since: Date.parse('2026-01-01T00:00:00.000Z'), subject: 'alice', kind: 'session' }, [early]],
      [{ since: Date.parse('2026-01-01T00:00:00.001Z'), subject: 'alice', kind: 'session' }, []],
    ];
    for (const [filter, events] of found) assert.deepEqual(new Set(ids(await find(filter))), new Set(ids(events)), JSON.stringify(filter));
  });

  test(`${kind}: one sees what one did, one's own sessions and the targets that one owns; anything else does not exist`, async (t) => {
    const { record, settled, find } = await bench(t, kind);
    const mine = await record('command.forwarded', {}, aBody('{"secret":"of alice"}'));
    const other = await record('command.forwarded', { session: S2, subject: bob, target: 'payroll' }, aBody('{"secret":"of bob"}'));
    const lock = await record('lock.placed', { subject: bob, note: 'alice is locked' });
    const policy = await record('policy.changed', {});
    await settled();
    const scope = (viewer: string, targets: readonly string[] = []) => ({ scope: { viewer, targets } });
    assert.deepEqual(ids(await find({ text: 'secret' }, scope(subjectKey(alice)))), [mine.id]);
    assert.deepEqual(new Set(ids(await find({ text: 'secret' }, scope(subjectKey(alice), ['payroll'])))), new Set([mine.id, other.id]));
    assert.deepEqual(ids(await find({ text: 'secret' }, scope(subjectKey(bob)))), [other.id]);
    assert.deepEqual(ids(await find({ session: S2 }, scope(subjectKey(alice)))), []);
    // The same name from another issuer is somebody else.
    assert.deepEqual(ids(await find({}, scope(subjectKey({ ...alice, issuer: 'https://idp.example' })))), []);
    assert.ok(ids(await find({}, scope(subjectKey(alice)))).includes(lock.id), 'what somebody did to her session');
    assert.ok(!ids(await find({}, scope('nobody'))).includes(policy.id));
  });

  test(`${kind}: who may see everything finds all of it, with and without words, and exports all of it`, async (t) => {
    const { storage, record, settled, find } = await bench(t, kind);
    const said = await record('command.forwarded', { session: S2, subject: bob, target: 'payroll' }, aBody('{"secret":"of bob"}'));
    const draft = await record('command.forwarded', { subject: bob }, aBody('{"draft":"of bob"}'));
    await settled();
    const everything = { scope: 'everything' } as const;
    assert.deepEqual(ids(await find({ text: 'secret' }, everything)), [said.id]);
    assert.deepEqual(ids(await find({ text: 'bob -draft' }, everything)), [said.id]);
    assert.deepEqual(ids(await find({ text: '-draft' }, everything)), [said.id]);
    assert.deepEqual(ids(await find({ kind: 'command', target: 'payroll' }, everything)), [said.id]);
    assert.deepEqual(ids(await find({}, everything)), [draft.id, said.id].toSorted().toReversed());
    const all: string[] = [];
    for await (const found of allEvents(storage, { filter: {}, ...everything })) all.push(...found.map(({ event }) => event.id));
    assert.deepEqual(all, [said.id, draft.id].toSorted());
  });

  test(`${kind}: pages go on where the last one ended, the newest first, each event once; all of it comes in the other order`, async (t) => {
    const { storage, record, settled } = await bench(t, kind);
    const start = Date.parse('2026-11-01T00:00:00Z');
    const events: Event[] = [];
    for (let i = 0; i < 230; i += 1) events.push(await record('command.forwarded', {}, aBody(`{"n":${i},"third":"${i % 3 === 0 ? 'yes' : 'no'}"}`), start + i));
    await settled();
    const expected = events.filter((_, i) => i % 3 === 0).map(({ id }) => id);
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await searchEvents(storage, { filter: { text: 'yes' }, scope: owner, limit: 20, ...(cursor ? { cursor } : {}) });
      assert.ok(page.events.length <= 20);
      found.push(...ids(page.events));
      cursor = page.next;
      pages += 1;
    } while (cursor !== undefined);
    assert.deepEqual(found, expected.toReversed());
    assert.equal(pages, 4);
    const all: string[] = [];
    for await (const some of allEvents(storage, { filter: { text: 'yes', since: start + 3 }, scope: owner })) all.push(...some.map(({ event }) => event.id));
    assert.deepEqual(all, expected.slice(1));
    await assert.rejects(searchEvents(storage, { filter: {}, scope: owner, cursor: "' OR 1" }), { code: 'usage' });
  });

  test(`${kind}: an erased session is found no more, and does not come back`, async (t) => {
    const { storage, record, settled, find } = await bench(t, kind);
    await record('command.forwarded', {}, aBody('{"word":"unforgettable"}'));
    await record('command.forwarded', { session: S2 }, aBody('{"word":"unforgettable"}'));
    await settled();
    assert.equal((await find({ text: 'unforgettable' })).length, 2);
    await storage.db.transaction().execute((transaction) => eraseFromSearch(transaction, S1, Date.now()));
    assert.deepEqual(
      (await find({ text: 'unforgettable' })).map(({ session }) => session),
      [S2],
    );
    // What it said before does not come back, whenever it is written down; what it says later is another matter.
    await record('command.forwarded', {}, aBody('{"word":"unforgettable"}'), Date.now() - 60_000);
    await settled();
    assert.equal((await find({ text: 'unforgettable' })).length, 1);
    await record('command.forwarded', {}, aBody('{"word":"unforgettable"}'), Date.now() + 60_000);
    await settled();
    assert.equal((await find({ text: 'unforgettable' })).length, 2);
    assert.equal((await find({ session: S1 })).length, 1);
  });

  test(`${kind}: hostile text is looked for as words, and what is huge is found by its beginning`, async (t) => {
    const { record, settled, find } = await bench(t, kind);
    const hostile = `'; DROP TABLE events; --" OR 1=1 \\ \u202e\u0000\ud800 <script>alert(1)</script>`;
    const event = await record('command.forwarded', {}, aBody(JSON.stringify({ value: hostile })));
    const huge = await record(
      'reply.received',
      {},
      aBody(JSON.stringify({ value: `start ${Array.from({ length: 30_000 }, (_, i) => `w${i}`).join(' ')} end` })),
    );
    await settled();
    assert.deepEqual(ids(await find({ text: hostile })), [event.id]);
    assert.deepEqual(ids(await find({ text: 'script alert' })), [event.id]);
    assert.deepEqual(ids(await find({ text: 'start w1000' })), [huge.id]);
    assert.deepEqual(ids(await find({ text: 'w29999' })), []);
  });
}

test('postgres: a page ends with what it found where the words are too frequent elsewhere, and the next one goes on', async (t) => {
  const { storage } = await bench(t, 'postgres');
  // Frequent long ago, and nothing lately: 30,000 with the word behind 60,000 without.
  await sql`INSERT INTO event_search (id, session, words) SELECT '01K' || lpad(n::text, 23, '0'), NULL,
    (CASE WHEN n <= 30000 THEN 'old ' ELSE '' END || 'all §t' || ${'x'})::tsvector FROM generate_series(1, 90000) n`.execute(storage.db);
  const { newestInPostgres } = await import('./find-postgres.ts');
  const asked = { expression: "'old'", lookup: "'old'", lower: '', upper: 'Z'.repeat(26), limit: 50 };
  const first = await newestInPostgres(storage.db, asked);
  assert.deepEqual(first.places, []);
  assert.ok(first.end);
  let page = first;
  for (let pages = 0; page.places.length === 0 && page.end !== undefined && pages < 10; pages += 1)
    page = await newestInPostgres(storage.db, { ...asked, upper: page.end });
  assert.equal(page.places[0], `01K${'30000'.padStart(23, '0')}`);
});

test('the thread goes on after a restart of the gateway, and after an error of the database', async (t) => {
  const data = await dataFolder(t);
  const url = await freshDatabase();
  const storage = await openStorage({ url });
  const journal = await data.open();
  const problems: unknown[] = [];
  const start = () => startSearchIndex({ journal, database: url, tellMs: 1, report: (error) => problems.push(error) });
  const count = async () => (await storage.db.selectFrom('event_search').select('id').execute()).length;
  const first = start();
  await journal.append(anEvent());
  assert.ok(await first.caughtUp(20_000));
  await first.close();
  await journal.append(anEvent());
  await sql`ALTER TABLE event_search RENAME TO away`.execute(storage.db);
  const second = start();
  await until('the failure to be told', () => Promise.resolve(problems.length > 0 ? true : undefined));
  await sql`ALTER TABLE away RENAME TO event_search`.execute(storage.db);
  assert.ok(await second.caughtUp(20_000));
  await second.close();
  assert.equal(await count(), 2);
  await journal.close();
  await storage.close();
});
