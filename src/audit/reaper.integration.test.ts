import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { onBothDatabases, type FreshDatabases } from '../../test/support/databases.ts';
import type { Storage } from '../storage/storage.ts';
import { startIndex, type Index } from './index-sink.ts';
import type { Journal } from './journal.ts';
import { reapDead, reapOwn } from './reaper.ts';
import { readEvents } from './replay.ts';
import { segmentPath } from './segment.ts';
import { getSession } from './sessions.ts';
import { anEvent, dataFolder, type DataFolder } from './testing.ts';

interface Life {
  readonly journal: Journal;
  readonly index: Index;
  readonly position: number;
  end(): Promise<void>;
}

async function shared(
  t: TestContext,
  databases: FreshDatabases,
): Promise<{ readonly data: DataFolder; readonly storage: Storage; begin(writer?: string): Promise<Life> }> {
  const closing: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const close of closing.toReversed()) await close();
  });
  const data = await dataFolder(t);
  const storage = await databases.open();
  closing.push(() => storage.close());
  return {
    data,
    storage,
    async begin(writer = 'w1') {
      const journal = await data.open(writer === 'w1' ? {} : { writer, folder: join(data.path, writer) });
      const index = startIndex({ journal, storage, gatherMs: 1 });
      const end = async (): Promise<void> => {
        await index.close();
        await journal.close();
      };
      closing.push(end);
      return { journal, index, position: journal.position, end };
    },
  };
}

async function reapedIn(data: DataFolder, folder = data.journal, writer = 'w1'): Promise<readonly (readonly [string | undefined, string | undefined])[]> {
  const found: [string | undefined, string | undefined][] = [];
  for await (const { leaf } of readEvents({ folder, writer })) if (leaf.kind === 'session.reaped') found.push([leaf.session, leaf.note]);
  return found;
}

onBothDatabases((databases) => {
  test('what a process left open is closed at its next start, with how many commands have no known outcome; who came back is not', async (t) => {
    const { data, storage, begin } = await shared(t, databases);
    const first = await begin();
    const intent = anEvent('command.forwarded', { session: 'left' });
    await first.journal.append(anEvent('session.opened', { session: 'left' }));
    await first.journal.append(intent);
    await first.journal.append(anEvent('reply.received', { session: 'left', intent: intent.id }));
    await first.journal.append(anEvent('command.forwarded', { session: 'left' }));
    await first.journal.append(anEvent('session.opened', { session: 'came-back' }));
    await first.journal.append(anEvent('session.opened', { session: 'closed' }));
    await first.journal.append(anEvent('session.closed', { session: 'closed' }));
    await first.end();

    const second = await begin();
    await second.journal.append(anEvent('session.opened', { session: 'came-back' }));
    const options = { storage, journal: second.journal, indexed: () => second.index.caughtUp() };
    assert.equal(await reapOwn(options, second.position), 1);
    assert.deepEqual(await reapedIn(data), [['left', 'the gateway that had it open ended without closing it; how 1 of its commands ended is not known']]);
    await second.index.caughtUp();
    assert.ok((await getSession(storage, 'left'))?.closedAt);
    assert.equal((await getSession(storage, 'came-back'))?.closedAt, undefined);
    assert.equal(await reapOwn(options, second.position), 0);
  });

  test('a commit that was torn is told of by a recorder.gap', async (t) => {
    const { data, storage, begin } = await shared(t, databases);
    const first = await begin();
    await first.journal.append(anEvent('session.opened', { session: 'a' }));
    await first.end();
    await appendFile(segmentPath(join(data.journal, 'w1'), 1), Buffer.from('half of a record'));
    const second = await begin();
    await reapOwn({ storage, journal: second.journal, indexed: () => second.index.caughtUp() }, second.position);
    const gaps: (string | undefined)[] = [];
    for await (const { leaf } of readEvents({ folder: data.journal, writer: 'w1' })) if (leaf.kind === 'recorder.gap') gaps.push(leaf.note);
    assert.equal(gaps.length, 1);
    assert.match(gaps[0] ?? '', /^the process before ended within a commit: 16 bytes of it/);
  });

  test('another gateway that shares the database closes the sessions of one that is not heard of any more, once', async (t) => {
    const { data, storage, begin } = await shared(t, databases);
    const dead = await begin('w2');
    await dead.journal.append(anEvent('session.opened', { session: 'of-the-dead' }));
    await dead.index.caughtUp();
    await dead.end();
    const alive = await begin();
    const options = { storage, journal: alive.journal, indexed: () => alive.index.caughtUp() };
    const now = Date.now();
    await storage.db
      .insertInto('owners')
      .values([
        { owner: 'host-a:w1', alive_until: now - 3_600_000 },
        { owner: 'host-b:w2', alive_until: now - 30_000 },
      ])
      .execute();
    assert.equal(await reapDead({ ...options, now: () => now }), 0, 'it may still be on its way');
    const closed = await Promise.all([1, 2].map(() => reapDead({ ...options, now: () => now + 60_000 })));
    assert.deepEqual(
      closed.toSorted((a, b) => a - b),
      [0, 1],
      'one of both, whichever comes first',
    );
    assert.deepEqual(
      (await reapedIn(data)).map(([session]) => session),
      ['of-the-dead'],
    );
    assert.deepEqual(
      (await storage.db.selectFrom('owners').select('owner').execute()).map(({ owner }) => owner),
      ['host-a:w1'],
    );
  });
});
