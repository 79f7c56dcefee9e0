import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { makeDatabase } from '../../test/support/databases.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { isSallyportError } from '../core/error.ts';
import { subjectKey } from '../core/subject.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { startIndex } from './index-sink.ts';
import { getSession, listSessions, sessionEvents } from './sessions.ts';
import { aBody, anEvent, dataFolder, SESSION, type DataFolder } from './testing.ts';

let server: TestPostgres | undefined;
let databases = 0;

before(async () => {
  server = await startPostgres();
  assert.ok(server, 'the PostgreSQL server is not installed: apt-get install postgresql');
});
after(() => server?.stop());

type Kind = Storage['kind'];

async function storageOf(t: TestContext, data: DataFolder, kind: Kind = 'sqlite'): Promise<Storage> {
  const storage = await openStorage({ url: kind === 'sqlite' ? join(data.path, 'sallyport.db') : await freshDatabase() });
  t.after(() => storage.close());
  return storage;
}

const freshDatabase = (): Promise<string> => makeDatabase(server?.url ?? '', `audit_${(databases += 1)}`);

async function indexed(storage: Storage): Promise<readonly number[]> {
  const rows = await storage.db.selectFrom('events').select('leaf_index').orderBy('leaf_index').execute();
  return rows.map((row) => row.leaf_index);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

for (const kind of ['sqlite', 'postgres'] as const) {
  test(`${kind}: every durable event comes into the index once, with its columns`, async (t) => {
    const data = await dataFolder(t);
    const storage = await storageOf(t, data, kind);
    const journal = await data.open({ segmentBytes: 30_000 });
    const index = startIndex({ journal, storage, batch: 64, gatherMs: 1 });
    await Promise.all(Array.from({ length: 300 }, () => journal.append(anEvent(), [aBody('x'.repeat(100))])));
    await index.caughtUp();
    assert.deepEqual(await indexed(storage), upTo(300));
    const row = await storage.db.selectFrom('events').selectAll().where('leaf_index', '=', 0).executeTakeFirstOrThrow();
    assert.deepEqual(
      [row.writer, row.kind, row.session, row.subject, row.target, row.command],
      ['w1', 'command.forwarded', SESSION, 'scientist', 'models', 'tools/call run_model'],
    );
    assert.equal(index.position, 300);
    await index.close();
    await journal.close();
  });

  test(`${kind}: a restart goes on where the index stopped, and sums are not added twice`, async (t) => {
    const data = await dataFolder(t);
    const storage = await storageOf(t, data, kind);
    for (let round = 0; round < 3; round += 1) {
      const journal = await data.open();
      await journal.append(anEvent('command.forwarded'));
      await journal.append(
        anEvent('reply.received', {
          masks: [
            { by: 'detector', name: 'email', count: 2 },
            { by: 'field', name: '$..key', count: 1 },
          ],
        }),
      );
      await journal.append(anEvent('command.refused'));
      const index = startIndex({ journal, storage });
      await journal.append(anEvent('approval.granted', { subject: { id: 'l', name: 'lead', kind: 'person', groups: [], issuer: 'sallyport' } }));
      await index.close();
      await journal.close();
    }
    assert.deepEqual(await indexed(storage), upTo(12));
    const session = await getSession(storage, SESSION);
    assert.deepEqual([session?.subject, session?.commands, session?.refused, session?.masked, session?.closedAt], ['scientist', 6, 3, 9, undefined]);
    assert.equal(session?.client, 'test/1.0 from 127.0.0.1');
  });

  test(`${kind}: two that feed one index at once do not count anything twice`, async (t) => {
    const data = await dataFolder(t);
    const storage = await storageOf(t, data, kind);
    const journal = await data.open();
    const sinks = [1, 2].map(() => startIndex({ journal, storage, batch: 5, gatherMs: 1, backOffMs: [1, 5] }));
    await Promise.all(Array.from({ length: 100 }, () => journal.append(anEvent())));
    await Promise.all(sinks.map((sink) => sink.caughtUp()));
    assert.deepEqual(await indexed(storage), upTo(100));
    assert.equal((await getSession(storage, SESSION))?.commands, 100);
    for (const sink of sinks) await sink.close();
    await journal.close();
  });

  test(`${kind}: sessions are listed last active first, page by page, and only those that the filter lets through`, async (t) => {
    const data = await dataFolder(t);
    const storage = await storageOf(t, data, kind);
    const journal = await data.open();
    for (let i = 0; i < 25; i += 1) {
      const subject = { id: `u${i % 2}`, name: i % 2 ? 'lead' : 'scientist', kind: 'person', groups: [], issuer: 'sallyport' };
      await journal.append(
        anEvent(i === 3 ? 'session.closed' : 'command.forwarded', {
          session: `s${String(i).padStart(2, '0')}`,
          subject,
          target: i % 5 === 0 ? 'other' : 'models',
        }),
      );
    }
    const index = startIndex({ journal, storage });
    await index.caughtUp();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listSessions(storage, { limit: 10, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.sessions.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== undefined);
    const all = (await storage.db.selectFrom('sessions').select(['id', 'last_at']).execute()).toSorted((a, b) =>
      `${a.last_at}${a.id}` < `${b.last_at}${b.id}` ? 1 : -1,
    );
    assert.deepEqual(
      seen,
      all.map(({ id }) => id),
    );
    const lead = subjectKey({ kind: 'person', issuer: 'sallyport', id: 'u1' });
    const own = await listSessions(storage, { limit: 100, filter: [{ subjectKey: lead }, { targets: ['other'] }] });
    assert.ok(own.sessions.every(({ subject, target }) => subject === 'lead' || target === 'other'));
    assert.equal(own.sessions.length, 12 + 3);
    const namesake = subjectKey({ kind: 'person', issuer: 'https://idp.example', id: 'u1' });
    assert.deepEqual((await listSessions(storage, { filter: [{ subjectKey: namesake }] })).sessions, []);
    assert.deepEqual((await listSessions(storage, { filter: [] })).sessions, []);
    assert.ok((await getSession(storage, 's03'))?.closedAt);
    await assert.rejects(listSessions(storage, { cursor: 'x' }), (error) => isSallyportError(error, 'usage'));
    await index.close();
    await journal.close();
  });

  test(`${kind}: the events of one session come back as they were recorded, and no other session's`, async (t) => {
    const data = await dataFolder(t);
    const storage = await storageOf(t, data, kind);
    const journal = await data.open();
    const events = [anEvent('session.opened'), anEvent('command.forwarded', { note: 'é\u2028' }), anEvent('reply.received')];
    for (const event of events) {
      await journal.append(event);
      await journal.append(anEvent('command.forwarded', { session: 'another' }));
    }
    const index = startIndex({ journal, storage });
    await index.caughtUp();
    const found = await sessionEvents(storage, SESSION);
    assert.deepEqual(
      found.map(({ event }) => event),
      events,
    );
    assert.deepEqual(
      found.map(({ place }) => place),
      [0, 2, 4].map((at) => ({ writer: 'w1', index: at })),
    );
    await index.close();
    await journal.close();
  });
}

for (const kind of ['sqlite', 'postgres'] as const) {
  test(`${kind}: while the database is gone recording goes on, and the index catches up when it is back`, async (t) => {
    const data = await dataFolder(t);
    const real = await storageOf(t, data, kind);
    const journal = await data.open();
    const gone = await openStorage({ url: kind === 'sqlite' ? join(data.path, 'gone.db') : await freshDatabase() });
    await gone.close();
    let isGone = false;
    const { procedure } = real;
    const storage: Storage = {
      kind,
      close: () => real.close(),
      get db() {
        return isGone ? gone.db : real.db;
      },
      ...(procedure ? { procedure: (module, input) => (isGone ? (gone.procedure ?? procedure) : procedure)(module, input) } : {}),
    };
    const failures: unknown[] = [];
    const failed = Promise.withResolvers<void>();
    const report = (error: unknown): void => {
      failures.push(error);
      if (failures.length === 2) failed.resolve();
    };
    const index = startIndex({ journal, storage, gatherMs: 1, backOffMs: [2, 4], report });
    await journal.append(anEvent());
    await index.caughtUp();
    isGone = true;
    for (let i = 0; i < 20; i += 1) await journal.append(anEvent());
    await failed.promise;
    assert.deepEqual(await indexed(real), upTo(1));
    isGone = false;
    await index.caughtUp();
    assert.deepEqual(await indexed(real), upTo(21));
    assert.equal((await getSession(real, SESSION))?.commands, 21);
    await index.close();
    await journal.close();
  });
}
