/** Logs of writers that are no more, in the folder of one that goes on: they live as long as their retention, and no longer. */
import assert from 'node:assert/strict';
import { readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothDatabases, type FreshDatabases } from '../../test/support/databases.ts';
import { localDisk } from './disk.ts';
import { writeHashes } from './hash-file.ts';
import { startIndex } from './index-sink.ts';
import { assertVerifies, bench, DAY, kindsOf, OWNER, type Bench } from './life-fixture.ts';
import { listSegments } from './segment.ts';
import { followLog } from './sinks/followed-log.ts';
import { journalLogs } from './sinks/logs.ts';
import { aBody, anEvent, dataFolder } from './testing.ts';

const OLD = 40;

interface Left {
  readonly all: Bench;
  readonly retain: (options?: Parameters<Bench['retain']>[0]) => ReturnType<Bench['retain']>;
  segments(writer: string): Promise<readonly (number | undefined)[]>;
}

/** `w0` recorded, and is gone; `w1` has its folder, its keys, and an index of both. */
async function leftBehind(t: Parameters<typeof bench>[0], databases: FreshDatabases, daysAgo = OLD): Promise<Left> {
  const all = await bench(t, databases, { segmentBytes: 1 });
  const w0 = await dataFolder(t);
  // The same installation: its keys.
  const before = await w0.open({ writer: 'w0', keysFolder: all.data.keys, segmentBytes: 1 });
  const time = new Date(Date.now() - daysAgo * DAY).toISOString();
  for (const session of ['left1', 'left2'])
    for (const kind of ['session.opened', 'command.forwarded', 'session.closed'] as const)
      await before.append({ ...anEvent(kind, { session }), time }, kind === 'command.forwarded' ? [aBody(`{"said":"${session}"}`)] : []);
  await before.close();
  await rename(join(w0.journal, 'w0'), join(all.data.journal, 'w0'));
  const logs = journalLogs({ journal: all.journal, restedMs: 0 });
  const index = startIndex({ journal: await followLog(logs, 'w0', assert.ifError), storage: all.storage, gatherMs: 1 });
  t.after(() => index.close());
  await index.caughtUp();
  const shipped = async (writer: string): Promise<number> => {
    await all.index.caughtUp();
    return writer === 'w0' ? index.position : all.index.position;
  };
  return {
    all,
    retain: (options = {}) => all.retain({ shipped, ...options }),
    segments: async (writer) => (await listSegments(join(all.data.journal, writer))).map(({ hashes }) => hashes),
  };
}

onBothDatabases((databases) => {
  test('what a dead writer left is deleted to its last segment when its time is over, and log and database verify', async (t) => {
    const { all, retain, segments } = await leftBehind(t, databases);
    assert.deepEqual(await all.said('left1'), ['{"said":"left1"}']);
    await assertVerifies(all);
    const report = await retain();
    assert.deepEqual(report, { sessions: 2, segments: 6 });
    assert.deepEqual(await segments('w0'), [1, 1, 1, 1, 1, 1]);
    assert.deepEqual(
      (await readdir(join(all.data.journal, 'w0'))).filter((name) => /\.(?:segment|keys)$/.test(name)),
      [],
    );
    assert.deepEqual(await all.said('left1'), []);
    assert.deepEqual(await all.storage.db.selectFrom('events').select('id').where('writer', '=', 'w0').execute(), []);
    assert.equal((await kindsOf(all)).filter((kind) => kind === 'segment.deleted').length, 6);
    await assertVerifies(all);
    assert.deepEqual((await all.data.verify()).writers.map(({ writer, deleted }) => [writer, deleted])[0], ['w0', 6]);
    assert.deepEqual(await retain(), { sessions: 0, segments: 0 });
  });

  test('it stays while a sink has not all of it, while something of it is held, and while it is not old enough', async (t) => {
    const { all, retain, segments } = await leftBehind(t, databases);
    const sessions = { targets: () => [] };
    assert.equal((await retain({ ...sessions, shipped: (writer) => (writer === 'w0' ? 2 : 0) })).segments, 2);
    await all.holds.place({ kind: 'session', name: 'left2', reason: 'case' }, OWNER);
    assert.equal((await retain(sessions)).segments, 1);
    assert.deepEqual(await segments('w0'), [1, 1, 1, undefined, undefined, undefined]);
    assert.deepEqual(await all.said('left2'), ['{"said":"left2"}']);
    await all.holds.lift({ kind: 'session', name: 'left2', reason: '' }, OWNER);
    assert.equal((await retain({ ...sessions, keepMs: () => 50 * DAY })).segments, 0);
    assert.equal((await retain(sessions)).segments, 3);
    await assertVerifies(all);
  });

  test('the end of a log stays whose writer was heard of, or that holds more than is known to count', async (t) => {
    const { all, retain, segments } = await leftBehind(t, databases);
    await all.storage.db
      .insertInto('owners')
      .values({ owner: 'host:w0', alive_until: Date.now() + 60_000 })
      .execute();
    await retain();
    assert.deepEqual(await segments('w0'), [1, 1, 1, 1, undefined, undefined]);
    await all.storage.db.deleteFrom('owners').execute();
    const { logs, shipped } = { logs: journalLogs({ journal: all.journal, restedMs: 0 }), shipped: () => all.index.caughtUp().then(() => 100) };
    await retain({ shipped, logs: { ...logs, end: async (writer) => (writer === 'w0' ? 5 : logs.end(writer)) } });
    assert.deepEqual(await segments('w0'), [1, 1, 1, 1, undefined, undefined]);
    await retain();
    assert.deepEqual(await segments('w0'), [1, 1, 1, 1, 1, 1]);
    await assertVerifies(all);
  });

  test('the events that tell of a dead writer’s records may be deleted themselves', async (t) => {
    const { all, retain } = await leftBehind(t, databases);
    await retain();
    const inYears = (): number => Date.now() + 3000 * DAY;
    for (let i = 0; i < 3; i += 1) await retain({ now: inYears });
    assert.ok(((await all.data.verify()).writers[1]?.deleted ?? 0) > 4);
    await assertVerifies(all);
  });

  test('who removes a dead writer’s records without a word is found, also when retention runs afterwards', async (t) => {
    const { all, retain } = await leftBehind(t, databases, 10);
    const [, victim] = await listSegments(join(all.data.journal, 'w0'));
    assert.ok(victim?.header);
    // The right hashes, and nobody who says so.
    await writeHashes({ ...victim, header: victim.header }, victim.header.tree.size + 1, localDisk);
    await unlink(victim.path);
    await all.journal.checkpoint();
    assert.deepEqual(
      (await all.data.verify()).problems.map(({ writer, kind, index }) => [writer, kind, index]),
      [['w0', 'deleted', 1]],
    );
    await assert.rejects(retain({ keepMs: () => DAY, targets: () => [] }), { code: 'verify_failed' });
    assert.equal((await all.data.verify()).ok, false);
  });
});
