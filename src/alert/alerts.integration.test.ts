import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { SinkBatch, SinkRecord } from '../audit/sinks/sink.ts';
import type { Leaf } from '../audit/leaf.ts';
import { newId } from '../core/id.ts';
import { alertSchema } from '../policy/alert-schema.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { openAlerts, type Alerts } from './alerts.ts';
import { SinkWatch } from './sink-watch.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-alerts-'));
const MINUTE = 60_000;
const START = Date.parse('2026-11-21T12:00:00Z');
let postgres: TestPostgres | undefined;
before(async () => {
  postgres = await startPostgres();
});
after(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const decision = { effect: 'deny', rule: 'no-writing', reason: 'not allowed', policyVersion: '', risk: { score: 0, factors: [] } } as const;

for (const kind of ['sqlite', 'postgres'] as const) {
  describe(`alerts in ${kind}`, () => {
    let storage: Storage;
    let names = 0;
    before(async () => {
      storage = await openStorage({ url: kind === 'sqlite' ? join(folder, 'db') : (postgres?.url ?? 'no PostgreSQL here: npm test installs it') });
    });
    after(() => storage.close());

    /** An installation of its own: another name of the alert, and of its writer. */
    function bench(document: object) {
      const name = `alert-${kind}-${(names += 1)}`;
      const writer = `writer-${names}`;
      const alerts = [alertSchema.parse({ kind: 'Alert', name, events: ['denied'], ...document })];
      const queued: { readonly id: string; readonly payload: string }[] = [];
      const titles: string[] = [];
      const open = (): Promise<Alerts> =>
        openAlerts({
          storage,
          resources: () => ({ alerts, targets: [] }),
          async queue(db, { id, title, facts, alert }) {
            titles.push(`${title} | ${facts.find(([fact]) => fact === 'what')?.[1]}`);
            const message = { id: `msg ${id}`, thread: id, channel: 'test', address: '', payload: JSON.stringify(alert) };
            queued.push(message);
            const rest = { created_at: START, tries: 0, next_at: 0, held_until: 0, outcome: null, ended_at: null, receipt: null };
            await db
              .insertInto('outbox')
              .values({ ...message, ...rest })
              .onConflict((conflict) => conflict.doNothing())
              .execute();
            return 1;
          },
          onQueued() {},
          url: 'http://gateway.test',
          visible: (text) => text,
          now: () => START,
        });
      let next = 0;
      const batch = (times: readonly number[], parts: Partial<Leaf> = {}) => {
        const first = next;
        const records = times.map((at): SinkRecord => {
          const index = next++;
          const leaf: Leaf = { id: newId(at), time: new Date(at).toISOString(), kind: 'command.refused', decision, target: 'models', writer, index, ...parts };
          return { index, leaf, leafBytes: Buffer.alloc(0), frame: Buffer.alloc(0) };
        });
        return { writer, first, next, records, checkpoints: [] };
      };
      return { name, writer, open, batch, queued, titles, signal: new AbortController().signal };
    }

    test('is raised once when the threshold is reached within the window, and again when it has cooled down', async () => {
      const { open, batch, titles, signal, name } = bench({ threshold: 3, window: '10m', coolDown: '30m' });
      const alerts = await open();
      await alerts.sink.send(batch([START, START + MINUTE]), signal);
      assert.deepEqual(titles, []);
      await alerts.sink.send(batch([START + 2 * MINUTE, START + 3 * MINUTE, START + 4 * MINUTE]), signal);
      assert.deepEqual(titles, [`[alert: warning] ${name}: models | denied 3 times within 10m, which is told from 3 on`]);
      await alerts.sink.send(batch([START + 31 * MINUTE, START + 32 * MINUTE]), signal);
      assert.equal(titles.length, 1, 'two within ten minutes are not three');
      await alerts.sink.send(batch([START + 33 * MINUTE]), signal);
      assert.equal(titles.length, 2);
      assert.deepEqual((await alerts.list())[0]?.raised, [{ group: { target: 'models' }, at: new Date(START + 33 * MINUTE).toISOString(), times: 2 }]);
    });

    test('groups do not add up, and each is told by itself', async () => {
      const { open, batch, titles, signal } = bench({ threshold: 2, by: ['target'] });
      const alerts = await open();
      await alerts.sink.send(batch([START]), signal);
      await alerts.sink.send(batch([START], { target: 'wiki' }), signal);
      assert.equal(titles.length, 0);
      await alerts.sink.send(batch([START + 1], { target: 'wiki' }), signal);
      await alerts.sink.send(batch([START + 1]), signal);
      assert.deepEqual(
        titles.map((title) => /: (\w+) \|/.exec(title)?.[1]),
        ['wiki', 'models'],
      );
    });

    test('a batch that comes again is counted once, also after a restart; what was told is not told again', async () => {
      const { open, batch, queued, signal } = bench({ threshold: 3, coolDown: '1h' });
      const one = batch([START, START + 1]);
      const alerts = await open();
      await alerts.sink.send(one, signal);
      await alerts.sink.send(one, signal);
      const again = await open();
      await again.sink.send(one, signal);
      assert.equal(queued.length, 0);
      const two = batch([START + 2]);
      await again.sink.send(two, signal);
      await (await open()).sink.send(two, signal);
      await (await open()).sink.send(batch([START + 3]), signal);
      assert.equal(queued.length, 1);
      const row = await storage.db
        .selectFrom('outbox')
        .selectAll()
        .where('id', '=', queued[0]?.id ?? '')
        .executeTakeFirst();
      assert.deepEqual([row?.tries, row?.ended_at], [0, null]);
    });

    test('counting and queueing are one: where the message cannot be queued nothing is counted, and the next try tells', async () => {
      const { open, batch, queued, signal } = bench({ threshold: 1 });
      const broken = await openAlerts({
        storage,
        resources: () => ({ alerts: [alertSchema.parse({ kind: 'Alert', name: `alert-${kind}-${names}`, events: ['denied'] })], targets: [] }),
        queue: () => Promise.reject(new Error('no messages today')),
        onQueued() {},
        url: '',
        visible: (text) => text,
      });
      const one = batch([START]);
      await assert.rejects(async () => broken.sink.send(one, signal), /no messages today/);
      await (await open()).sink.send(one, signal);
      assert.equal(queued.length, 1);
    });

    test('what two writers record adds up, and is told once', async () => {
      const { open, batch, queued, signal } = bench({ threshold: 10, coolDown: '1h' });
      const [one, two] = [await open(), await open()];
      const batches = Array.from({ length: 20 }, (_, at) => ({ ...batch([START + at]), writer: `other-${at}` }));
      await Promise.all(batches.map((each, at) => (at % 2 === 0 ? one : two).sink.send(each, signal)));
      assert.equal(queued.length, 1);
    });

    test('however many names somebody thinks of, groups are bounded: the rest is one', async () => {
      const { open, batch, signal, name } = bench({ threshold: 1_000_000, by: ['command'] });
      const alerts = await open();
      for (let part = 0; part < 3; part += 1) {
        const parts = Array.from({ length: 500 }, (_, at) => batch([START], { command: { name: `tools/call ${part}-${at}`, digest: '', flags: [] } }));
        const [first, last] = [parts[0], parts.at(-1)];
        if (first && last) await alerts.sink.send({ ...first, next: last.next, records: parts.flatMap(({ records }) => records) }, signal);
      }
      const rows = await storage.db.selectFrom('alert_counts').selectAll().where('alert', '=', name).execute();
      assert.ok(rows.length <= 1_002, String(rows.length));
      assert.equal(
        rows.reduce((sum, { count }) => sum + count, 0),
        1_500,
      );
    });

    test('a position is stored with what counted at once, and otherwise when it is saved; what is read again after a crash is counted once', async () => {
      const { open, batch, titles, signal, writer } = bench({ threshold: 2 });
      const stored = async (): Promise<number | undefined> =>
        (await storage.db.selectFrom('sink_positions').select('next_leaf').where('sink', '=', 'alerts').where('writer', '=', writer).executeTakeFirst())
          ?.next_leaf;
      const take = async ({ sink, positions }: Alerts, taken: SinkBatch): Promise<void> => {
        await sink.send(taken, signal);
        positions.set(writer, { next: taken.next, signed: 0 });
      };
      const first = await open();
      const nothing = batch([START, START], { kind: 'reply.received' });
      await take(first, nothing);
      assert.deepEqual([await stored(), first.positions.get(writer).next, first.positions.durable(writer).next], [undefined, 2, 0]);
      const counted = batch([START]);
      await take(first, counted);
      assert.equal(await stored(), 3);
      const again = await open();
      assert.equal(again.positions.get(writer).next, 3);
      await take(again, counted);
      assert.equal(titles.length, 0, 'it is the same one');
      await take(again, batch([START], { kind: 'reply.received' }));
      assert.deepEqual([await stored(), again.positions.isSaved], [3, false]);
      await again.positions.save();
      assert.deepEqual([await stored(), again.positions.durable(writer).next, again.positions.isSaved], [4, 4, true]);
      const more = batch([START]);
      await again.sink.send(more, signal);
      assert.equal(titles.length, 1);
      await again.positions.save();
      assert.equal(await stored(), 5, 'a save from before what counted takes nothing back');
      again.positions.set(writer, { next: more.next, signed: 0 });
      assert.equal(again.positions.isSaved, true, 'nor is it stored twice');
    });

    test('what happened before alerts were first looked at is not told', async () => {
      const { open, batch, queued, signal } = bench({});
      const alerts = await open();
      await alerts.sink.send(batch([START - 1]), signal);
      assert.equal(queued.length, 0);
      await alerts.sink.send(batch([START]), signal);
      assert.equal(queued.length, 1);
    });

    test('a sink that is behind for longer than the alert says is told, by its name; one that catches up is not', async () => {
      const { open, titles } = bench({ events: ['sink-lagging'], lag: '5m', threshold: 1, coolDown: '1h' });
      const alerts = await open();
      let clock = START;
      let lagEvents = 10;
      const watch = new SinkWatch({
        lags: async () => [{ name: 'siem', lagEvents, lagSeconds: lagEvents === 0 ? 0 : (clock - START) / 1000 }],
        take: (found) => alerts.take(found),
        everyMs: 1e9,
        now: () => clock,
      });
      await watch.look();
      clock += 4 * MINUTE;
      await watch.look();
      assert.equal(titles.length, 0);
      clock += MINUTE;
      await watch.look();
      assert.match(titles[0] ?? '', /: siem \| sink-lagging/);
      lagEvents = 0;
      clock += 2 * 60 * MINUTE;
      await watch.look();
      assert.equal(titles.length, 1);
      await watch.close();
    });

    test('a test is told to whom the alert tells, says that it is one, and counts nothing', async () => {
      const { open, queued, titles, name } = bench({ threshold: 5 });
      const alerts = await open();
      assert.equal(await alerts.test(name, 'lead'), 1);
      assert.match(titles[0] ?? '', /^\[TEST\] /);
      assert.match(queued[0]?.payload ?? '', /"test":true/);
      assert.deepEqual((await alerts.list())[0]?.raised, []);
      await assert.rejects(() => alerts.test('nothing', 'lead'), { code: 'not_found' });
    });
  });
}
