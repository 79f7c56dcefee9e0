import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDesk, type DatabaseAdapter } from './desk-fixture.ts';
import { askFor, lead, MINUTE, scientist } from './fixtures.ts';

/** No record, no transition; no process, no second run. */
export function testFailures(adapter: DatabaseAdapter): void {
  test(`${adapter.name}: while the recorder fails nothing moves, and afterwards everything does`, async () => {
    await withDesk(adapter, async ({ approvals, recorder, granted }) => {
      const executable = await granted({ args: { n: 1 } });
      const running = await granted({ args: { n: 2 } });
      await approvals.execute(running, 'i');
      const { id } = await approvals.request(askFor());
      const withoutRecord = { code: 'record_failed' };

      recorder.failing = true;
      await assert.rejects(approvals.request(askFor({ args: { n: 3 } })), withoutRecord);
      await assert.rejects(approvals.answer(id, lead, 'approve', ''), withoutRecord);
      await assert.rejects(approvals.answer(id, lead, 'deny', ''), withoutRecord);
      await assert.rejects(approvals.withdraw(id, scientist), withoutRecord);
      await assert.rejects(approvals.execute(executable, 'j'), withoutRecord);
      await assert.rejects(approvals.consume(running, 'done'), withoutRecord);
      const states = await Promise.all([id, executable, running].map(async (one) => (await approvals.get(one))?.status));
      assert.deepEqual(states, ['pending', 'granted', 'executing']);
      assert.deepEqual((await approvals.get(id))?.answers, []);
      assert.equal((await approvals.list({ status: 'all', viewer: lead })).length, 3);

      recorder.failing = false;
      assert.equal((await approvals.answer(id, lead, 'approve', '')).status, 'granted');
      assert.equal(await approvals.execute(executable, 'j'), true);
      await approvals.consume(running, 'done');
      assert.equal((await approvals.get(running))?.result, 'done');
    });
  });

  test(`${adapter.name}: what could not be recorded as lost is found by the next recovery`, async () => {
    await withDesk(adapter, async ({ approvals, recorder, granted }) => {
      const id = await granted();
      await approvals.execute(id, 'i');
      recorder.failing = true;
      await assert.rejects(approvals.lose(id), { code: 'record_failed' });
      assert.equal((await approvals.get(id))?.status, 'executing');
      recorder.failing = false;
      await approvals.recover();
      assert.equal((await approvals.get(id))?.status, 'indeterminate');
    });
  });

  test(`${adapter.name}: what a process was executing when it died is indeterminate after its restart, and never runs again`, async () => {
    await withDesk(adapter, async ({ approvals, another, granted, recorder }) => {
      const [running, open] = [await granted(), await granted({ args: {} })];
      await approvals.execute(running, 'i');
      const restarted = await another('gateway-1');
      assert.equal((await restarted.get(running))?.status, 'indeterminate');
      assert.equal(await restarted.execute(running, 'j'), false);
      assert.deepEqual(recorder.kinds({ id: running }).slice(-2), ['approval.executing', 'approval.indeterminate']);
      assert.equal(await restarted.execute(open, 'k'), true);
    });
  });

  test(`${adapter.name}: another process leaves what a living one executes, and takes it for lost once that one is silent`, async () => {
    await withDesk(adapter, async ({ approvals, another, granted, clock }) => {
      const id = await granted();
      await approvals.execute(id, 'i');
      const other = await another('gateway-2');
      await other.recover();
      assert.equal((await other.get(id))?.status, 'executing');
      await approvals.close();
      clock.pass(MINUTE);
      await other.recover();
      assert.equal((await other.get(id))?.status, 'indeterminate');
    });
  });
}
