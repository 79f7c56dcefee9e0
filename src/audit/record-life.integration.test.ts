/** How long what is recorded lives: erasure, legal holds, retention, and that the log still verifies after each of them. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothDatabases } from '../../test/support/databases.ts';
import { until } from '../../test/support/until.ts';
import { localDisk } from './disk.ts';
import { erasedLeaf } from './erase-rows.ts';
import { startErasures } from './erasures.ts';
import { writeHashes } from './hash-file.ts';
import { startIndex } from './index-sink.ts';
import { assertVerifies, bench, DAY, kindsOf, OWNER, type Bench } from './life-fixture.ts';
import { listSegments } from './segment.ts';
import { getSession } from './sessions.ts';
import { verifyLog } from './verify.ts';
import { verifyDatabase } from './verify-database.ts';

async function keyFiles({ data }: Bench): Promise<readonly string[]> {
  const folder = join(data.journal, 'w1');
  return (await readdir(folder)).filter((name) => name.endsWith('.keys')).map((name) => join(folder, name));
}

onBothDatabases((databases) => {
  test('an erased session can be read nowhere any more, its neighbour can, and the log and the database verify as before', async (t) => {
    const all = await bench(t, databases, { segmentBytes: 3000 });
    for (const session of ['gone', 'stays', 'gone', 'stays']) await all.record(session);
    await all.index.caughtUp();
    assert.deepEqual(await all.said('gone'), ['{"said":"gone"}', '{"said":"gone"}']);

    await all.erasures.erase({ session: 'gone', target: 'models', reason: 'asked by its subject', by: OWNER });

    assert.deepEqual(await all.said('gone'), [undefined, undefined]);
    assert.deepEqual(await all.said('stays'), ['{"said":"stays"}', '{"said":"stays"}']);
    assert.equal(await getSession(all.storage, 'gone'), undefined);
    assert.ok(await getSession(all.storage, 'stays'));
    const rows = await all.storage.db.selectFrom('events').select('session').execute();
    assert.equal(rows.filter(({ session }) => session === 'gone').length, 0);
    const keys = await Promise.all((await keyFiles(all)).map((path) => readFile(path, 'utf8')));
    assert.doesNotMatch(keys.join(''), /"gone"/);
    assert.equal((await kindsOf(all)).filter((kind) => kind === 'session.erased').length, 1);
    await assertVerifies(all);
    await assert.rejects(all.erasures.erase({ session: 'gone', target: 'models', reason: '', by: OWNER }), { code: 'conflict' });
  });

  test('what an erased session says later gets another key, and is kept', async (t) => {
    const all = await bench(t, databases);
    await all.record('again');
    await all.index.caughtUp();
    await all.erasures.erase({ session: 'again', target: 'models', reason: '', by: OWNER });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await all.record('again');
    assert.deepEqual(await all.said('again'), [undefined, '{"said":"again"}']);
    await all.index.caughtUp();
    assert.equal((await getSession(all.storage, 'again'))?.commands, 1);
    await assertVerifies(all);
  });

  test('an erasure that another gateway asked for reaches the journal of this one', async (t) => {
    const all = await bench(t, databases);
    await all.record('elsewhere');
    await all.index.caughtUp();
    const erasedAt = Date.now();
    await all.storage.db.insertInto('erasures').values({ session: 'elsewhere', reason: '', erased_by: 'owner', erased_at: erasedAt }).execute();
    await all.erasures.follow();
    assert.deepEqual(await all.said('elsewhere'), [undefined]);
  });

  test('a legal hold refuses erasure and deletion until it is lifted', async (t) => {
    const all = await bench(t, databases, { segmentBytes: 1 });
    for (const session of ['held', 'free']) await all.record(session, { daysAgo: 40 });
    await all.record('of-payroll', { daysAgo: 40, target: 'payroll' });
    for (const session of ['new1', 'new2']) await all.record(session);
    await all.index.caughtUp();
    await all.holds.place({ kind: 'session', name: 'held', reason: 'case 7' }, OWNER);
    await all.holds.place({ kind: 'target', name: 'payroll', reason: '' }, OWNER);
    await assert.rejects(all.holds.place({ kind: 'session', name: 'held', reason: 'again' }, OWNER), { code: 'conflict' });
    for (const [session, target] of [
      ['held', 'models'],
      ['of-payroll', 'payroll'],
    ] as const)
      await assert.rejects(all.erasures.erase({ session, target, reason: '', by: OWNER }), {
        code: 'conflict',
        message: /a legal hold on the .* keeps this record/,
      });

    assert.equal((await all.retain()).sessions, 1);
    assert.deepEqual([await all.said('held'), await all.said('of-payroll'), await all.said('free')], [['{"said":"held"}'], ['{"said":"of-payroll"}'], []]);
    await assertVerifies(all);

    await all.holds.lift({ kind: 'session', name: 'held', reason: 'case closed' }, OWNER);
    await assert.rejects(all.holds.lift({ kind: 'session', name: 'held', reason: '' }, OWNER), { code: 'not_found' });
    assert.equal((await all.retain()).sessions, 1);
    assert.deepEqual([await all.said('held'), await all.said('of-payroll')], [[], ['{"said":"of-payroll"}']]);
    const kinds = await kindsOf(all);
    assert.deepEqual([kinds.filter((kind) => kind === 'hold.placed').length, kinds.filter((kind) => kind === 'hold.lifted').length], [2, 1]);
    await assertVerifies(all);
  });

  test('retention by target: what is old goes, its hashes stay, the log and the database verify, and the deletion is an event', async (t) => {
    const all = await bench(t, databases, { segmentBytes: 1 });
    await all.record('old', { daysAgo: 40 });
    await all.record('old-but-kept', { daysAgo: 40, target: 'payroll' });
    await all.record('older', { daysAgo: 400, target: 'payroll' });
    await all.record('new', { daysAgo: 1 });
    await all.record('newest');
    const keepMs = (target: string | undefined): number => (target === 'payroll' ? 365 : 30) * DAY;

    const first = await all.retain({ keepMs });
    assert.deepEqual(first, { sessions: 2, segments: 6 });
    assert.deepEqual([await all.said('old'), await all.said('older')], [[], []]);
    assert.deepEqual(await all.said('old-but-kept'), ['{"said":"old-but-kept"}']);
    assert.equal((await kindsOf(all)).filter((kind) => kind === 'segment.deleted').length, 6);
    await assertVerifies(all);
    const report = await all.data.verify();
    assert.deepEqual([report.writers[0]?.deleted, report.writers[0]?.notYetCovered], [6, 0]);
    assert.deepEqual(await all.retain({ keepMs }), { sessions: 0, segments: 0 });

    await all.journal.close();
    const again = await all.data.open();
    assert.equal(again.position, report.writers[0]?.events);
    await again.close();
  });

  test('a session is erased when its target’s time is over, though other events keep its segment', async (t) => {
    const all = await bench(t, databases);
    await all.record('old', { daysAgo: 40 });
    await all.record('new');
    assert.deepEqual(await all.retain(), { sessions: 1, segments: 0 });
    assert.deepEqual([await all.said('old'), await all.said('new')], [[undefined], ['{"said":"new"}']]);
    await assertVerifies(all);
  });

  test('deletion waits for what has no retention, and for sinks', async (t) => {
    const all = await bench(t, databases, { segmentBytes: 1 });
    for (const session of ['a', 'b', 'c']) await all.record(session, { daysAgo: 40 });
    assert.deepEqual(await all.retain({ keepMs: () => undefined }), { sessions: 0, segments: 0 });
    assert.deepEqual(await all.retain({ targets: () => [], shipped: () => all.index.caughtUp().then(() => 4) }), { sessions: 0, segments: 4 });
    assert.deepEqual((await listSegments(join(all.data.journal, 'w1'))).map(({ hashes }) => hashes).slice(0, 5), [1, 1, 1, 1, undefined]);
    await assertVerifies(all);
  });

  test('a database that is built anew does not bring back what was erased', async (t) => {
    const all = await bench(t, databases);
    for (const session of ['gone', 'stays']) await all.record(session);
    await all.index.caughtUp();
    await all.erasures.erase({ session: 'gone', target: 'models', reason: '', by: OWNER });
    const storage = await databases.open();
    t.after(() => storage.close());
    const index = startIndex({ journal: all.journal, storage, gatherMs: 1 });
    await index.caughtUp();
    const erasures = startErasures({ storage, journal: all.journal, indexed: () => index.caughtUp() });
    await erasures.follow();
    await Promise.all([erasures.close(), index.close()]);
    assert.deepEqual([(await getSession(storage, 'gone'))?.id, (await getSession(storage, 'stays'))?.id], [undefined, 'stays']);
    assert.deepEqual((await verifyDatabase({ storage, publicKey: await all.data.publicKey() })).problems, []);
  });

  test('a database that is built anew from the journal verifies, too', async (t) => {
    const all = await bench(t, databases, { segmentBytes: 1 });
    for (const session of ['a', 'b']) await all.record(session, { daysAgo: 40 });
    await all.record('c');
    await all.retain();
    const storage = await databases.open();
    t.after(() => storage.close());
    const index = startIndex({ journal: all.journal, storage, gatherMs: 1 });
    await all.journal.checkpoint();
    await index.caughtUp();
    await index.close();
    const report = await verifyDatabase({ storage, publicKey: await all.data.publicKey() });
    assert.deepEqual(report.problems, []);
    assert.equal(report.writers[0]?.events, all.journal.position);
  });

  test('the events that tell of deletions may be deleted themselves', async (t) => {
    const all = await bench(t, databases, { segmentBytes: 1 });
    for (const session of ['a', 'b']) await all.record(session, { daysAgo: 40 });
    const inYears = (): number => Date.now() + 3000 * DAY;
    for (let i = 0; i < 4; i += 1) await all.retain({ now: inYears });
    await assertVerifies(all);
    assert.ok(((await all.data.verify()).writers[0]?.deleted ?? 0) > 6);
  });

  test('who puts hashes in the place of records is found, also when retention runs afterwards', async (t) => {
    const all = await bench(t, databases, { segmentBytes: 1 });
    for (const session of ['a', 'b', 'c']) await all.record(session, { daysAgo: 10 });
    const [, victim] = await listSegments(join(all.data.journal, 'w1'));
    assert.ok(victim?.header);
    await writeHashes({ ...victim, header: victim.header }, victim.header.tree.size + 1, localDisk);
    assert.equal((await all.data.verify()).ok, true, 'while the records are there, they count');
    await rename(victim.path, `${victim.path}.away`);
    const [problem] = (await all.data.verify()).problems;
    assert.deepEqual([problem?.kind, problem?.index], ['deleted', 1]);
    await assert.rejects(all.retain({ keepMs: () => DAY, targets: () => [] }), { code: 'verify_failed' });
    assert.equal((await all.data.verify()).ok, false);
  });

  test('a hash that was changed after the deletion is found', async (t) => {
    const all = await bench(t, databases, { segmentBytes: 1 });
    for (const session of ['a', 'b']) await all.record(session, { daysAgo: 40 });
    await all.retain();
    const copy = join(all.data.path, 'copy');
    await cp(all.data.journal, copy, { recursive: true });
    const path = join(copy, 'w1', '00000001.hashes');
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    const report = await verifyLog({ folder: copy, publicKey: await all.data.publicKey() });
    assert.equal(report.problems[0]?.kind, 'edited');
  });

  test('a database: every column that differs from its leaf, a row that is gone, and hashes that nobody answers for are found', async (t) => {
    const all = await bench(t, databases);
    for (const session of ['a', 'b', 'c']) await all.record(session);
    await assertVerifies(all);
    await until(
      'the checkpoint in the database',
      async () => (await all.storage.db.selectFrom('checkpoints').selectAll().executeTakeFirst())?.size === 9 || undefined,
    );
    const { db } = all.storage;
    const rows = await db.selectFrom('events').selectAll().orderBy('leaf_index').execute();
    const sessions = await db.selectFrom('sessions').selectAll().execute();
    const verify = async () => (await verifyDatabase({ storage: all.storage, publicKey: await all.data.publicKey() })).problems;
    const victim = rows[4];
    assert.ok(victim);
    for (const column of ['id', 'time', 'kind', 'session', 'subject', 'target', 'command', 'effect', 'rule', 'approval', 'intent'] as const) {
      await db
        .updateTable('events')
        .set({ [column]: 'other' })
        .where('leaf_index', '=', 4)
        .execute();
      const [problem] = await verify();
      assert.deepEqual([problem?.kind, problem?.index], ['edited', 4], column);
      assert.match(problem?.message ?? '', new RegExp(`^event 4: column ${column} is "other", but the leaf says `));
      await db.updateTable('events').set(victim).where('leaf_index', '=', 4).execute();
    }
    await db
      .updateTable('events')
      .set({ subject: 'ghost', leaf: victim.leaf.replace('scientist', 'ghost') })
      .where('leaf_index', '=', 4)
      .execute();
    assert.deepEqual((await verify())[0]?.kind, 'edited');
    await db.updateTable('events').set(victim).where('leaf_index', '=', 4).execute();
    assert.deepEqual(await verify(), []);

    await db.deleteFrom('events').where('leaf_index', '=', 4).execute();
    assert.deepEqual((await verify()).map(({ kind, index }) => [kind, index])[0], ['deleted', 4]);
    await db.insertInto('erased_leaves').values(erasedLeaf(victim, 'b')).execute();
    assert.deepEqual(
      (await verify()).filter(({ writer }) => writer === 'w1').map(({ kind, index }) => [kind, index]),
      [['deleted', 4]],
    );
    await db.deleteFrom('erased_leaves').execute();
    await db.insertInto('events').values(victim).execute();

    for (const change of [{ subject: 'ghost' }, { target: 'ghost' }, { commands: 99 }, { refused: 99 }]) {
      await db.updateTable('sessions').set(change).where('id', '=', 'b').execute();
      assert.match((await verify())[0]?.message ?? '', /^column \w+ of session b is /);
      const right = sessions.find(({ id }) => id === 'b');
      assert.ok(right);
      await db.updateTable('sessions').set(right).where('id', '=', 'b').execute();
    }
    assert.deepEqual(await verify(), []);
    await db.deleteFrom('events').where('leaf_index', '>', 6).execute();
    assert.deepEqual(
      (await verify()).filter(({ writer }) => writer === 'w1').map(({ kind, index }) => [kind, index]),
      [['truncated', 7]],
    );
  });
});
