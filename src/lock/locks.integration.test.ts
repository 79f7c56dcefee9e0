import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Event } from '../core/event.ts';
import type { Subject } from '../core/subject.ts';
import { openStorage } from '../storage/storage.ts';
import { openLocks } from './locks.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-locks-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const owner: Subject = { kind: 'person', id: 'owner', name: 'owner', groups: [], issuer: 'local' };
const mallory: Subject = { ...owner, id: 'mallory', name: 'mallory' };
const LOCK = { kind: 'subject', name: 'person:mallory', reason: 'laptop stolen' } as const;

async function site(name: string) {
  const storage = await openStorage({ url: join(folder, name) });
  const events: Event[] = [];
  let failing = false;
  const recorder = {
    async append(event: Event) {
      if (failing) throw new Error('the disk is full');
      events.push(event);
    },
  };
  const open = (pollMs?: number) => openLocks({ storage, recorder, ...(pollMs === undefined ? {} : { pollMs }) });
  return { storage, events, open, fail: (now: boolean) => void (failing = now) };
}

test('a lock is in force here at once and in another process soon, is recorded, and ends when it is lifted', async () => {
  const { storage, events, open } = await site('two.db');
  const [one, two] = [await open(), await open(10)];
  const heard = Promise.withResolvers<void>();
  const stop = two.onChange(() => heard.resolve());
  await one.place(LOCK, owner);
  assert.equal(one.find({ subject: mallory })?.reason, 'laptop stolen');
  assert.equal(one.find({ subject: owner }), undefined);
  await heard.promise;
  assert.equal(two.find({ subject: mallory })?.by, 'owner');
  stop();
  await two.lift(LOCK, owner);
  assert.equal(two.find({ subject: mallory }), undefined);
  assert.equal(await one.findNow({ subject: mallory }), undefined);
  assert.deepEqual(
    events.map(({ kind, note }) => [kind, note]),
    [
      ['lock.placed', 'subject person:mallory: laptop stolen'],
      ['lock.lifted', 'subject person:mallory: laptop stolen'],
    ],
  );
  await Promise.all([one.close(), two.close()]);
  await storage.close();
});

test('what was locked is locked after a restart, and what another process locked this moment is seen by whoever asks for now', async () => {
  const { storage, open } = await site('restart.db');
  const first = await open();
  const second = await open(60_000);
  await first.place(LOCK, owner);
  assert.equal(second.find({ subject: mallory }), undefined);
  assert.equal((await second.findNow({ subject: mallory }))?.name, LOCK.name);
  await first.close();
  const restarted = await open();
  assert.ok(restarted.find({ subject: mallory }));
  await Promise.all([second.close(), restarted.close()]);
  await storage.close();
});

test('a lock that cannot be recorded is none, and neither is its end', async () => {
  const { storage, open, fail } = await site('failing.db');
  const locks = await open();
  fail(true);
  await assert.rejects(locks.place(LOCK, owner));
  assert.deepEqual(await locks.list(), []);
  fail(false);
  await locks.place(LOCK, owner);
  await assert.rejects(locks.place(LOCK, owner), { code: 'conflict' });
  fail(true);
  await assert.rejects(locks.lift(LOCK, owner));
  assert.ok(await locks.findNow({ subject: mallory }));
  fail(false);
  await locks.lift(LOCK, owner);
  await assert.rejects(locks.lift(LOCK, owner), { code: 'not_found' });
  await locks.close();
  await storage.close();
});
