import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SallyportError } from '../core/error.ts';
import { newId } from '../core/id.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { DROPPED, Outbox, type OutboxOptions } from './outbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-outbox-'));
let postgres: TestPostgres | undefined;
before(async () => {
  postgres = await startPostgres();
});
after(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const message = (thread: string, address: string) => ({ id: newId(), thread, channel: 'test', address, payload: '{}' });

for (const kind of ['sqlite', 'postgres'] as const) {
  describe(`the outbox in ${kind}`, () => {
    let storage: Storage;
    before(async () => {
      storage = await openStorage({ url: kind === 'sqlite' ? join(folder, 'db') : (postgres?.url ?? 'no PostgreSQL here: npm test installs it') });
    });
    after(() => storage.close());

    const open = (send: OutboxOptions['send'], more: Partial<OutboxOptions> = {}): Outbox =>
      new Outbox({ storage, send, name: ({ address }) => address, backOffMs: [1, 1], ...more });

    test('sends each message once, and those of one thread one after the other, also after a failure', async () => {
      const sent: string[] = [];
      let failures = 2;
      const outbox = open(async ({ address }) => {
        if (address === 'a1' && failures > 0) {
          failures -= 1;
          throw new SallyportError('upstream_unreachable', 'not now');
        }
        sent.push(address);
        return undefined;
      });
      const first = message('a', 'a1');
      await outbox.add([first]);
      await outbox.add([message('a', 'a2'), message('b', 'b1')]);
      await outbox.add([first]);
      await until('all', () => (sent.length === 3 ? true : undefined));
      await outbox.close();
      assert.deepEqual(
        sent.filter((address) => address.startsWith('a')),
        ['a1', 'a2'],
      );
    });

    test('gives up after the last try, or at once where it will never be better, and says so; the thread goes on', async () => {
      const [tries, reports] = [[] as string[], [] as string[]];
      const outbox = open(
        ({ address }) => {
          tries.push(address);
          if (address === 'good') return Promise.resolve(undefined);
          throw new SallyportError(address === 'never' ? 'usage' : 'upstream_unreachable', 'no');
        },
        { report: (error) => void reports.push((error as Error).message) },
      );
      for (const address of ['late', 'never', 'good']) await outbox.add([message('c', address)]);
      await until('the last', () => (tries.includes('good') ? true : undefined));
      await outbox.close();
      assert.deepEqual(tries, ['late', 'late', 'late', 'never', 'good']);
      assert.deepEqual(reports, ['late was not told', 'never was not told']);
    });

    test('what was on the way when a process stopped is sent by the next', async () => {
      const started = Promise.withResolvers<void>();
      const outbox = open((_message, signal) => {
        started.resolve();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('cut')));
        });
      });
      await outbox.add([message('d', 'cut off')]);
      await started.promise;
      await outbox.close();
      const sent: string[] = [];
      const next = open(({ address }) => Promise.resolve(void sent.push(address)));
      await until('it', () => (sent.length === 1 ? true : undefined));
      await next.close();
      assert.deepEqual(sent, ['cut off']);
    });

    test('what another process holds is left alone until its hold ends', async () => {
      const held = message('e', 'held');
      let clock = 1_000_000_000_000;
      const seen: string[] = [];
      await storage.db
        .insertInto('outbox')
        .values({ ...held, created_at: 0, tries: 0, next_at: 0, held_until: clock + 60_000, outcome: null, ended_at: null, receipt: null })
        .execute();
      const outbox = new Outbox({
        storage: { db: storage.db, kind: 'postgres' },
        send: ({ address }) => Promise.resolve(void seen.push(address)),
        name: () => '',
        now: () => clock,
      });
      await outbox.add([message('f', 'free')]);
      await until('the free one', () => (seen.includes('free') ? true : undefined));
      assert.deepEqual(seen, ['free']);
      clock += 60_001;
      outbox.look();
      await until('the other', () => (seen.includes('held') ? true : undefined));
      await outbox.close();
    });

    test('what nobody has to know any more is dropped', async () => {
      const dropped = message('g', 'dropped');
      const outbox = open(() => Promise.resolve(DROPPED));
      await outbox.add([dropped]);
      const row = await until('its end', async () => {
        const found = await storage.db.selectFrom('outbox').selectAll().where('id', '=', dropped.id).executeTakeFirst();
        return found?.ended_at === null ? undefined : found;
      });
      await outbox.close();
      assert.equal(row.outcome, 'dropped');
    });
  });
}
