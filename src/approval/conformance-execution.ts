import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subject } from '../core/subject.ts';
import { RETELL_MS } from './approval-life.ts';
import { withDesk, type DatabaseAdapter } from './desk-fixture.ts';
import { agentOf, askFor, lead, MINUTE, requirement, scientist, second } from './fixtures.ts';

/** A grant runs at most once. */
export function testExecution(adapter: DatabaseAdapter): void {
  test(`${adapter.name}: of 20 executions of one grant at once, from two processes, exactly one may run`, async () => {
    await withDesk(adapter, async ({ approvals, another, granted, recorder }) => {
      const other = await another('gateway-2');
      const id = await granted();
      const won = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? approvals : other).execute(id, `intent-${index}`)));
      assert.equal(won.filter(Boolean).length, 1);
      const executing = recorder.events.filter(({ kind }) => kind === 'approval.executing');
      assert.deepEqual(
        executing.map(({ intent }) => intent),
        [`intent-${won.indexOf(true)}`],
      );
    });
  });

  test(`${adapter.name}: what is pending, denied or consumed does not execute`, async () => {
    await withDesk(adapter, async ({ approvals, granted }) => {
      const { id: pending } = await approvals.request(askFor({ args: {} }));
      assert.equal(await approvals.execute(pending, 'i'), false);
      const id = await granted();
      assert.equal(await approvals.execute(id, 'i'), true);
      await approvals.consume(id, 'done');
      assert.equal(await approvals.execute(id, 'j'), false);
      assert.equal(await approvals.execute('none', 'i'), false);
    });
  });

  test(`${adapter.name}: a grant whose time ended does not execute; one with time left does`, async () => {
    await withDesk(adapter, async ({ approvals, granted, clock, recorder }) => {
      const first = await granted();
      clock.pass(MINUTE);
      const later = await granted({ args: {} });
      clock.pass(14 * MINUTE);
      assert.equal(await approvals.execute(first, 'i'), false);
      assert.equal((await approvals.get(first))?.status, 'expired');
      assert.equal(await approvals.execute(later, 'i'), true);
      await approvals.sweep();
      assert.deepEqual(recorder.kinds({ id: first }).at(-1), 'approval.expired');
    });
  });

  test(`${adapter.name}: a grant whose time ends while it is being looked at does not execute: the update itself looks at the clock`, async () => {
    let meanwhile = (): void => {};
    const current = (subject: Subject) => (meanwhile(), subject);
    await withDesk(
      adapter,
      async ({ approvals, granted, clock }) => {
        const [late, inTime] = [await granted(), await granted({ args: {} })];
        assert.equal(await approvals.execute(inTime, 'i'), true);
        meanwhile = () => clock.pass(15 * MINUTE);
        assert.equal(await approvals.execute(late, 'i'), false);
      },
      { current },
    );
  });

  test(`${adapter.name}: only the process that executes can say how it ended`, async () => {
    await withDesk(adapter, async ({ approvals, another, granted }) => {
      const other = await another('gateway-2');
      const id = await granted();
      await approvals.execute(id, 'i');
      await assert.rejects(other.consume(id, 'forged'), { code: 'conflict' });
      await other.lose(id);
      assert.equal((await approvals.get(id))?.status, 'executing');
      await approvals.consume(id, 'done');
      assert.equal((await other.get(id))?.result, 'done');
    });
  });

  test(`${adapter.name}: the shortest time of several requirements counts`, async () => {
    await withDesk(adapter, async ({ approvals, granted, clock }) => {
      const id = await granted({ approvals: [requirement(), requirement({ usableMs: MINUTE })] });
      clock.pass(MINUTE);
      assert.equal(await approvals.execute(id, 'i'), false);
    });
  });

  test(`${adapter.name}: a retry gets the kept result, whatever it holds, until its life ends; then people are asked anew`, async () => {
    await withDesk(adapter, async ({ approvals, granted, clock }) => {
      const id = await granted();
      clock.pass(15 * MINUTE - 1);
      assert.equal(await approvals.execute(id, 'i'), true);
      assert.equal((await approvals.request(askFor())).status, 'executing');
      clock.pass(MINUTE);
      const result = 'a\0b \ud800 漢';
      await approvals.consume(id, result);
      clock.pass(RETELL_MS - 1);
      const retry = await approvals.request(askFor());
      assert.deepEqual([retry.id, retry.status, retry.result], [id, 'consumed', result]);
      clock.pass(1);
      const anew = await approvals.request(askFor());
      assert.deepEqual([anew.status, anew.result], ['pending', undefined]);
      await approvals.sweep();
      assert.equal((await approvals.get(id))?.result, undefined);
    });
  });

  test(`${adapter.name}: an approver removed after saying yes does not count any more, a present one does`, async () => {
    const gone = new Set<string>();
    const current = (subject: Subject) => (gone.has(subject.name) ? undefined : subject);
    await withDesk(
      adapter,
      async ({ approvals, granted, recorder }) => {
        const two = { approvals: [requirement({ quorum: 2 })] };
        const kept = await granted(two, [lead, second]);
        const lost = await granted({ ...two, args: {} }, [lead, second]);
        assert.equal(await approvals.execute(kept, 'i'), true);
        gone.add('second');
        assert.equal(await approvals.execute(lost, 'i'), false);
        assert.equal(recorder.kinds({ id: lost }).at(-1), 'approval.withdrawn');
        assert.equal((await approvals.request(askFor({ ...two, args: {} }))).status, 'pending');
      },
      { current },
    );
  });

  test(`${adapter.name}: an approver who left the group, and a requester whose person is locked, stop the execution`, async () => {
    let today = (subject: Subject): Subject | undefined => subject;
    await withDesk(
      adapter,
      async ({ approvals, granted }) => {
        const [byLeaver, byLocked] = [await granted(), await granted({ subject: agentOf(scientist) })];
        today = (subject) => (subject.name === 'lead' ? { ...subject, groups: [] } : subject);
        assert.equal(await approvals.execute(byLeaver, 'i'), false);
        today = (subject) => (subject.name === 'scientist' ? undefined : subject);
        assert.equal(await approvals.execute(byLocked, 'i'), false);
      },
      { current: (subject) => today(subject) },
    );
  });

  test(`${adapter.name}: a lost execution is told as unknown for a minute, never runs again, and a new approval may be asked for`, async () => {
    await withDesk(adapter, async ({ approvals, granted, clock, recorder }) => {
      const id = await granted();
      await approvals.execute(id, 'i');
      await approvals.lose(id);
      assert.equal(await approvals.execute(id, 'j'), false);
      assert.equal((await approvals.request(askFor())).status, 'indeterminate');
      await approvals.consume(id, 'too late');
      assert.equal((await approvals.get(id))?.result, undefined);
      assert.equal(recorder.events.at(-1)?.note, 'outcome unknown, not repeated');
      clock.pass(RETELL_MS);
      assert.equal((await approvals.request(askFor())).status, 'pending');
    });
  });

  test(`${adapter.name}: consuming what nobody executes is a conflict`, async () => {
    await withDesk(adapter, async ({ approvals, granted }) => {
      const id = await granted();
      await assert.rejects(approvals.consume(id, 'forged'), { code: 'conflict' });
      assert.equal((await approvals.get(id))?.status, 'granted');
    });
  });
}
