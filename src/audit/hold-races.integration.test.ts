/** A hold, and what would destroy what it holds, at the same moment, from two gateways on one database: one of them wins, and never a half. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { onBothDatabases } from '../../test/support/databases.ts';
import { isSallyportError } from '../core/error.ts';
import { openStorage } from '../storage/storage.ts';
import { deletedBy } from './deletions.ts';
import { openHolds, type HoldKind } from './holds.ts';
import { assertVerifies, bench, kindsOf, OWNER, type Bench } from './life-fixture.ts';
import { readEvents } from './replay.ts';

const ROUNDS = 21;

onBothDatabases((databases) => {
  for (const kind of ['session', 'target'] as const) {
    test(`a hold on a ${kind} and an erasure at the same moment: who comes second is refused, or finds it done`, async (t) => {
      const all = await bench(t, databases);
      const elsewhere = await openStorage({ url: all.url });
      t.after(() => elsewhere.close());
      const holds = openHolds({ storage: elsewhere, recorder: all.journal });
      const won = { hold: 0, erasure: 0 };
      for (let round = 0; round < ROUNDS; round += 1) {
        const [session, target] = [`s${round}`, `t${round}`];
        await all.record(session, { target });
        await all.index.caughtUp();
        // Now this one is a little earlier, now the other.
        const delay = (round % 7) - 3;
        const name = kind === 'session' ? session : target;
        const place = async () => {
          await setTimeout(Math.max(0, delay));
          return holds.place({ kind, name, reason: 'case' }, OWNER);
        };
        const erase = async () => {
          await setTimeout(Math.max(0, -delay));
          return all.erasures.erase({ session, target, reason: '', by: OWNER });
        };
        const [hold, erasure] = await Promise.allSettled([place(), erase()]);
        if (erasure.status === 'fulfilled') won.erasure += 1;
        else won.hold += 1;
        await assertOneWon(all, { kind, session, name, hold, erasure });
      }
      t.diagnostic(`won: ${JSON.stringify(won)}`);
      const kinds = await kindsOf(all);
      assert.equal(kinds.filter((one) => one === 'session.erased').length, won.erasure);
      assert.equal(kinds.filter((one) => one === 'hold.placed').length, (await all.holds.list()).length);
      await assertVerifies(all);
    });
  }

  test('a hold and the deletion of old segments at the same moment: nothing is deleted behind the hold', async (t) => {
    for (let round = 0; round < 6; round += 1) {
      const all = await bench(t, databases, { segmentBytes: 1 });
      const elsewhere = await openStorage({ url: all.url });
      t.after(() => elsewhere.close());
      const holds = openHolds({ storage: elsewhere, recorder: all.journal });
      for (const session of ['a', 'b', 'c']) await all.record(session, { daysAgo: 40 });
      await all.record('new');
      await all.index.caughtUp();
      const placed = setTimeout(round * 8).then(() => holds.place({ kind: 'target', name: 'models', reason: '' }, OWNER));
      const [report] = await Promise.all([all.retain({ targets: () => [] }), placed]);
      assert.ok(report.segments <= 9);
      let held = false;
      let before = '';
      for await (const { leaf } of readEvents({ folder: all.data.journal, writer: 'w1' })) {
        held ||= leaf.kind === 'hold.placed';
        if (leaf.kind !== 'segment.deleted') continue;
        assert.equal(held, false, 'a deletion was announced behind the hold');
        before = JSON.stringify([...deletedBy(leaf)]);
      }
      assert.equal((await all.retain({ targets: () => [] })).segments, 0);
      assert.equal(((await all.data.verify()).writers[0]?.deleted ?? 0) > 0, before !== '');
      await assertVerifies(all);
    }
  });

  test('a session that is erased already cannot be held, and a target can', async (t) => {
    const all = await bench(t, databases);
    await all.record('gone');
    await all.index.caughtUp();
    await all.erasures.erase({ session: 'gone', target: 'models', reason: '', by: OWNER });
    await assert.rejects(all.holds.place({ kind: 'session', name: 'gone', reason: '' }, OWNER), { code: 'conflict', message: /is erased already/ });
    assert.deepEqual(await all.holds.list(), []);
    await all.holds.place({ kind: 'target', name: 'models', reason: '' }, OWNER);
    assert.equal((await kindsOf(all)).filter((one) => one === 'hold.placed').length, 1);
  });
});

interface Round {
  readonly kind: HoldKind;
  readonly session: string;
  readonly name: string;
  readonly hold: PromiseSettledResult<unknown>;
  readonly erasure: PromiseSettledResult<unknown>;
}

async function assertOneWon(all: Bench, { kind, session, name, hold, erasure }: Round): Promise<void> {
  for (const one of [hold, erasure]) if (one.status === 'rejected') assert.ok(isSallyportError(one.reason, 'conflict'), String(one.reason));
  const isHeld = (await all.holds.list()).some((one) => one.name === name);
  const rows = await all.storage.db.selectFrom('erasures').select('session').where('session', '=', session).execute();
  const said = await all.said(session);
  if (erasure.status === 'fulfilled') assert.deepEqual([said, rows.length], [[undefined], 1]);
  else assert.deepEqual([said, rows.length, hold.status], [[`{"said":"${session}"}`], 0, 'fulfilled']);
  // What is erased is not held by itself; its target may be, from then on.
  if (kind === 'session') assert.notEqual(hold.status, erasure.status);
  assert.equal(isHeld, hold.status === 'fulfilled');
}
