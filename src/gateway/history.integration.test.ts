import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { plainTarget } from '../../test/support/plain-target.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { makeCommand, type Command } from '../core/command.ts';
import type { Session } from '../core/session.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { openHistory, type KeptHistory } from './history.ts';
import { storedUseBook } from './use-book.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 5, 1, 12);

const folder = mkdtempSync(join(tmpdir(), 'sallyport-history-'));
let postgres: TestPostgres | undefined;
before(async () => {
  postgres = await startPostgres();
  assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
});
after(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

const call = (name: string): Command => makeCommand({ protocol: 'mcp', name: `tools/call ${name}`, naming: 'plain', arguments: {} });
const fail = (error: unknown): void => assert.fail(String(error));
const sessionOf = (name: string, target = 'models', id = `session of ${name}`): Session => {
  const about = plainTarget({ name: target });
  const subject = { kind: 'person', id: name, name, groups: [], issuer: 'test' } as const;
  return { id, subject, target: about, client: { address: '', userAgent: '', id: '' } };
};

for (const kind of ['SQLite', 'PostgreSQL'] as const) {
  describe(kind, () => {
    const url = (): string => (kind === 'SQLite' ? join(folder, 'db') : (postgres?.url ?? ''));
    const clock = { now: START };
    const opened: { history: KeptHistory; storage: Storage }[] = [];
    /** What one process of a gateway has. */
    async function open(): Promise<KeptHistory> {
      const storage = await openStorage({ url: url() });
      const history = await openHistory({ book: storedUseBook(storage), report: fail, now: () => clock.now });
      opened.push({ history, storage });
      return history;
    }
    async function closeAll(): Promise<void> {
      for (const { history, storage } of opened.splice(0)) {
        await history.close();
        await storage.close();
      }
    }
    after(closeAll);

    test('a first time is one for each subject, target and effect, and no longer after it was used', async () => {
      const history = await open();
      const ann = sessionOf('ann');
      assert.deepEqual(history.factors(ann, call('a')), ['first-time']);
      assert.deepEqual(history.factors(ann, call('a')), ['first-time'], 'asking is no use');
      history.used(ann, call('a'));
      assert.deepEqual(history.factors(ann, call('a')), []);
      for (const [session, command] of [
        [ann, call('b')],
        [sessionOf('bob'), call('a')],
        [sessionOf('ann', 'other'), call('a')],
        [ann, makeCommand({ protocol: 'mcp', name: 'tools/call a', naming: 'plain', arguments: {}, effects: ['tools/call a', 'tools/call c'] })],
      ] as const)
        assert.deepEqual(history.factors(session, command), ['first-time']);
      const handshake = makeCommand({ protocol: 'mcp', name: 'initialize', naming: 'handshake', arguments: {} });
      assert.deepEqual(history.factors(sessionOf('new'), handshake), []);
      await closeAll();
    });

    test('what was used is known after a restart, and in another process soon; not after 90 days without use', async () => {
      const [one, two] = [await open(), await open()];
      const ann = sessionOf('ann');
      assert.deepEqual(one.factors(ann, call('a')), []);
      one.used(ann, call('shared'));
      await until('the other process to know', () => (two.factors(ann, call('shared')).length === 0 ? true : undefined));
      await closeAll();
      const again = await open();
      assert.deepEqual(again.factors(ann, call('shared')), []);
      clock.now += 91 * DAY_MS;
      assert.deepEqual(again.factors(ann, call('shared')), ['first-time']);
      again.used(ann, call('shared'));
      await closeAll();
      assert.deepEqual((await open()).factors(ann, call('shared')), []);
      await closeAll();
    });
  });
}

test('a rate is unusual over the 99th percentile of the own last minutes, and never before a hundred of them', async () => {
  const storage = await openStorage({ url: join(folder, 'rate') });
  const clock = { now: START };
  const history = await openHistory({ book: storedUseBook(storage), report: fail, now: () => clock.now });
  const ann = sessionOf('ann');
  const isUnusual = (session = ann): boolean => history.factors(session, call('a')).includes('unusual-rate');
  const minute = (commands: number): void => {
    for (let done = 0; done < commands; done += 1) history.used(ann, call('a'));
    clock.now += 60_000;
  };
  minute(500);
  assert.ok(!isUnusual(), 'nothing is known yet');
  for (let done = 0; done < 110; done += 1) minute(12);
  for (let done = 0; done < 12; done += 1) history.used(ann, call('a'));
  assert.ok(isUnusual(), 'the 13th of a minute');
  assert.ok(!isUnusual(sessionOf('bob')), 'of another subject nothing is known');
  clock.now += 60_000;
  assert.ok(!isUnusual(), 'another minute');
  for (let done = 0; done < 20; done += 1) history.refused(ann);
  assert.ok(isUnusual(), 'what is refused counts');
  await history.close();
  await storage.close();
});

test('a session is flagged by a refusal and by what was masked for it, and no other session is', async () => {
  const storage = await openStorage({ url: join(folder, 'flags') });
  const history = await openHistory({ book: storedUseBook(storage), report: fail });
  const isFlagged = (id: string): boolean => history.factors(sessionOf('ann', 'models', id), call('a')).includes('flagged-session');
  history.refused(sessionOf('ann', 'models', 'refused'));
  history.flagged(sessionOf('ann', 'models', 'masked'));
  assert.deepEqual(['refused', 'masked', 'clean'].map(isFlagged), [true, true, false]);
  await history.close();
  await storage.close();
});
