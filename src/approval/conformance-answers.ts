import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Approval } from '../core/approval.ts';
import { withDesk, type DatabaseAdapter } from './desk-fixture.ts';
import { agentOf, askFor, lead, MINUTE, requirement, scientist, second, stranger } from './fixtures.ts';

/** Who may answer, what an answer does, and who hears of it. */
export function testAnswers(adapter: DatabaseAdapter): void {
  test(`${adapter.name}: the requester and the requester's agent are refused, another lead is not`, async () => {
    await withDesk(adapter, async ({ approvals, recorder, clock }) => {
      const { id } = await approvals.request(askFor());
      for (const approver of [scientist, agentOf(scientist), agentOf(lead), stranger]) {
        await assert.rejects(approvals.answer(id, approver, 'approve', 'fine'), { code: 'forbidden', hint: 'this takes 1 of group:ml-leads' });
        await assert.rejects(approvals.answer(id, approver, 'deny', 'no'), { code: 'forbidden' });
      }
      assert.equal((await approvals.get(id))?.status, 'pending');
      const granted = await approvals.answer(id, lead, 'approve', 'fine');
      assert.deepEqual([granted.status, granted.expiresAt], ['granted', clock.now() + 15 * MINUTE]);
      assert.deepEqual(granted.answers, [{ approver: lead, answer: 'approve', reason: 'fine', at: clock.now() }]);
      assert.equal(recorder.events.at(-1)?.note, 'approved by lead: fine');
    });
  });

  test(`${adapter.name}: the person behind the agent that asked is refused, another lead is not`, async () => {
    await withDesk(adapter, async ({ approvals }) => {
      const { id } = await approvals.request(askFor({ subject: agentOf(scientist) }));
      await assert.rejects(approvals.answer(id, scientist, 'approve', ''), { code: 'forbidden' });
      assert.equal((await approvals.answer(id, lead, 'approve', '')).status, 'granted');
    });
  });

  test(`${adapter.name}: a quorum of two is not met by one person twice, and is met by a second person`, async () => {
    await withDesk(adapter, async ({ approvals }) => {
      const { id } = await approvals.request(askFor({ approvals: [requirement({ quorum: 2, from: ['group:ml-leads', 'group:security'] })] }));
      assert.equal((await approvals.answer(id, second, 'approve', '')).status, 'pending');
      assert.equal((await approvals.answer(id, second, 'approve', 'again')).status, 'pending');
      assert.equal((await approvals.answer(id, lead, 'approve', '')).status, 'granted');
    });
  });

  test(`${adapter.name}: two last answers at the same moment grant once`, async () => {
    await withDesk(adapter, async ({ approvals, another, recorder }) => {
      const other = await another('gateway-2');
      const { id } = await approvals.request(askFor({ approvals: [requirement({ quorum: 2 })] }));
      await Promise.all([approvals.answer(id, lead, 'approve', ''), other.answer(id, second, 'approve', '')]);
      assert.deepEqual(recorder.kinds({ id }), ['approval.requested', 'approval.granted']);
      assert.equal((await approvals.get(id))?.answers.length, 2);
    });
  });

  test(`${adapter.name}: one deny denies, also by who had said yes, and later answers are a conflict`, async () => {
    await withDesk(adapter, async ({ approvals, recorder }) => {
      const { id } = await approvals.request(askFor({ approvals: [requirement({ quorum: 2 })] }));
      await approvals.answer(id, lead, 'approve', '');
      assert.equal((await approvals.answer(id, lead, 'deny', 'on second thought')).status, 'denied');
      await assert.rejects(approvals.answer(id, second, 'approve', ''), { code: 'conflict', message: /denied already/ });
      assert.equal(await approvals.execute(id, 'intent'), false);
      assert.deepEqual(recorder.kinds({ id }), ['approval.requested', 'approval.denied']);
    });
  });

  test(`${adapter.name}: where a reason is required, an answer without one is refused, and one with it counts`, async () => {
    await withDesk(adapter, async ({ approvals }) => {
      const { id } = await approvals.request(askFor({ approvals: [requirement({ reason: 'required' })] }));
      await assert.rejects(approvals.answer(id, lead, 'approve', '  '), { code: 'usage' });
      await assert.rejects(approvals.answer(id, lead, 'approve', 'x'.repeat(2_001)), { code: 'limit_exceeded' });
      assert.equal((await approvals.answer(id, lead, 'approve', 'planned change')).status, 'granted');
    });
  });

  test(`${adapter.name}: an answer after the end of pending is refused, one before it counts`, async () => {
    await withDesk(adapter, async ({ approvals, clock }) => {
      const late = await approvals.request(askFor());
      clock.pass(MINUTE);
      const open = await approvals.request(askFor({ args: {} }));
      clock.pass(29 * MINUTE);
      await assert.rejects(approvals.answer(late.id, lead, 'approve', ''), { code: 'conflict', message: /expired already/ });
      assert.equal((await approvals.answer(open.id, lead, 'approve', '')).status, 'granted');
      assert.deepEqual((await approvals.get(late.id))?.answers, []);
    });
  });

  test(`${adapter.name}: the requester withdraws, also what was granted; nobody else does`, async () => {
    await withDesk(adapter, async ({ approvals, granted }) => {
      const id = await granted();
      await assert.rejects(approvals.withdraw(id, lead), { code: 'forbidden' });
      assert.equal((await approvals.withdraw(id, scientist)).status, 'withdrawn');
      assert.equal(await approvals.execute(id, 'intent'), false);
      await assert.rejects(approvals.withdraw(id, scientist), { code: 'conflict' });
      await assert.rejects(approvals.withdraw('none', scientist), { code: 'not_found' });
    });
  });

  test(`${adapter.name}: whoever waits hears an answer given here or by another process, and an abort ends only the wait`, async () => {
    await withDesk(adapter, async ({ approvals, another }) => {
      const other = await another('gateway-2');
      const never = new AbortController();
      const first = await approvals.request(askFor());
      const waiting = [approvals.settled(first.id, never.signal), other.settled(first.id, never.signal)];
      await approvals.answer(first.id, lead, 'approve', '');
      assert.deepEqual(
        (await Promise.all(waiting)).map(({ status }) => status),
        ['granted', 'granted'],
      );

      const open = await approvals.request(askFor({ args: {} }));
      const gone = new AbortController();
      const left = approvals.settled(open.id, gone.signal);
      gone.abort();
      assert.equal((await left).status, 'pending');
      assert.equal((await approvals.settled(open.id, gone.signal)).status, 'pending');
      await assert.rejects(approvals.settled('none', never.signal), { code: 'not_found' });
    });
  });

  test(`${adapter.name}: closing ends the waits with the record as it is`, async () => {
    await withDesk(adapter, async ({ approvals }) => {
      const { id } = await approvals.request(askFor());
      const waiting = approvals.settled(id, new AbortController().signal);
      await approvals.close();
      assert.equal((await waiting).status, 'pending');
    });
  });

  test(`${adapter.name}: whoever watches hears each change once, from both processes, until they stop; one that throws spoils nothing`, async () => {
    await withDesk(adapter, async ({ approvals, another }) => {
      const other = await another('gateway-2');
      const { promise: heard, resolve } = Promise.withResolvers<void>();
      const here: string[] = [];
      const there: string[] = [];
      const listen = (log: string[]) => (approval: Approval) => void (log.push(approval.status), approval.status === 'withdrawn' && log === there && resolve());
      approvals.onChange(() => assert.fail('a console that breaks'));
      const stop = approvals.onChange(listen(here));
      other.onChange(listen(there));
      const { id } = await approvals.request(askFor());
      await approvals.answer(id, lead, 'approve', '');
      stop();
      await approvals.withdraw(id, scientist);
      await heard;
      assert.deepEqual(here, ['pending', 'granted']);
      assert.equal(there.filter((status) => status === 'withdrawn').length, 1);
    });
  });
}
