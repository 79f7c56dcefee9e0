import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { makeDatabase } from '../../../test/support/databases.ts';
import { startFaultProxy } from '../../../test/support/fault-proxy.ts';
import { startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { startIndex } from '../index-sink.ts';
import type { Journal } from '../journal.ts';
import { testSink, type OtherSide } from './conformance.ts';
import { startIndexShipping } from './index-shipping.ts';
import { journalLogs } from './logs.ts';
import { startSinks, type Sinks } from './sinks.ts';
import { recorded, recordInto } from './testing.ts';

let server: TestPostgres | undefined;
let databases = 0;

before(async () => {
  server = await startPostgres();
  assert.ok(server, 'the PostgreSQL server is not installed: apt-get install postgresql');
});
after(() => server?.stop());

function ship(storage: Storage, journal: Journal, folder: string): Promise<Sinks> {
  const logs = journalLogs({ journal, restedMs: 0 });
  const index = startIndexShipping({
    journal,
    logs,
    pollMs: 20,
    start: (log, report) => startIndex({ journal: log, storage, report, gatherMs: 1, backOffMs: [5, 40] }),
  });
  return startSinks({ folder, logs, sinks: [], others: [index] });
}

async function rowsOf(storage: Storage): Promise<readonly { readonly id: string; readonly leaf: string }[]> {
  return storage.db.selectFrom('events').select(['id', 'leaf']).orderBy('writer').orderBy('leaf_index').execute();
}

/** PostgreSQL behind a line that fails. */
async function startDatabase(t: TestContext): Promise<OtherSide> {
  const url = new URL(server?.url ?? '');
  const proxy = await startFaultProxy({ path: join(url.searchParams.get('host') ?? '', '.s.PGSQL.5432') });
  t.after(() => proxy.close());
  const name = `sinks_${(databases += 1)}`;
  const reader = await openStorage({ url: await makeDatabase(url.href, name) });
  t.after(() => reader.close());
  const storage = await openStorage({ url: `postgres://sallyport@127.0.0.1:${proxy.port}/${name}` });
  t.after(() => storage.close());
  const line = { down: 'reset', cut: 'cut', slow: 'slow', silent: 'silent', error: 'reset' } as const;
  return {
    ship: (journal, folder) => ship(storage, journal, folder),
    arrived: async () => (await rowsOf(reader)).map(({ id }) => id),
    raw: async () => JSON.stringify(await rowsOf(reader)),
    begin: async (fault) => void (proxy.fault = line[fault]),
    mend: async () => void (proxy.fault = 'none'),
    secrets: [],
  };
}

/** The embedded database, or one that was closed in its place. */
async function startEmbedded(t: TestContext): Promise<OtherSide> {
  const data = await recorded(t);
  const real = await openStorage({ url: join(data.path, 'sallyport.db') });
  t.after(() => real.close());
  const closed = await openStorage({ url: join(data.path, 'closed.db') });
  await closed.close();
  let isBroken = false;
  const now = (): Storage => (isBroken ? closed : real);
  const storage: Storage = {
    kind: 'sqlite',
    get db() {
      return now().db;
    },
    procedure: (module, input) => now().procedure?.(module, input) ?? Promise.resolve(),
    close: () => real.close(),
  };
  return {
    ship: (journal, folder) => ship(storage, journal, folder),
    arrived: async () => (await rowsOf(real)).map(({ id }) => id),
    raw: async () => JSON.stringify(await rowsOf(real)),
    begin: async () => void (isBroken = true),
    mend: async () => void (isBroken = false),
    secrets: [],
  };
}

testSink({ name: 'index in PostgreSQL', faults: ['down', 'cut', 'slow'], start: startDatabase });
testSink({ name: 'index in SQLite', faults: ['error'], start: startEmbedded });

test('the log of a writer that is no more comes into the index as well, and counts for what may be deleted', async (t) => {
  const data = await recorded(t);
  const storage = await openStorage({ url: join(data.path, 'sallyport.db') });
  t.after(() => storage.close());
  await data.record(5);
  await data.log.close();
  const other = await data.open({ writer: 'w2' });
  t.after(() => other.close().catch(() => {}));
  await recordInto(other, 3);
  const sinks = await ship(storage, other, join(data.path, 'sinks'));
  await sinks.caughtUp();
  assert.equal((await rowsOf(storage)).length, 8);
  assert.deepEqual([sinks.shippedUpTo('w1'), sinks.shippedUpTo('w2'), sinks.shippedUpTo('w3')], [5, 3, 0]);
  await sinks.close();
});
