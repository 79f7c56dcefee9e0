import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RETELL_MS } from './approval-life.ts';
import { withDesk, type DatabaseAdapter } from './desk-fixture.ts';
import { agentOf, askFor, lead, MINUTE, requirement, scientist, stranger, type AskParts } from './fixtures.ts';

/** Which requests share a record, and who sees it. */
export function testRequests(adapter: DatabaseAdapter): void {
  test(`${adapter.name}: of 50 identical requests at once, from two processes, exactly one makes the record`, async () => {
    await withDesk(adapter, async ({ approvals, another, recorder }) => {
      const other = await another('gateway-2');
      const records = await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? approvals : other).request(askFor())));
      assert.equal(new Set(records.map(({ id }) => id)).size, 1);
      assert.deepEqual(
        recorder.events.map(({ kind }) => kind),
        ['approval.requested'],
      );
    });
  });

  test(`${adapter.name}: a record says what was asked, by whom, and when it ends`, async () => {
    await withDesk(adapter, async ({ approvals, clock, recorder }) => {
      const ask = askFor({ approvals: [requirement(), requirement({ pendingMs: 5 * MINUTE })] });
      const made = await approvals.request(ask);
      const { session, command, decision, shown } = ask;
      const about = { session: 's1', subject: session.subject, target: 'models', command: command.name, shown, digest: command.digest, decision };
      assert.deepEqual(made, { id: made.id, status: 'pending', ...about, answers: [], createdAt: clock.now(), expiresAt: clock.now() + 5 * MINUTE });
      assert.deepEqual(await approvals.get(made.id), made);
      assert.equal(await approvals.get('none'), undefined);
      assert.deepEqual(recorder.events[0]?.command?.digest, command.digest);
    });
  });

  const others: Readonly<Record<string, AskParts>> = {
    'other arguments': { args: { replicas: 300 } },
    'another address': { target: { address: 'http://evil.example/mcp' } },
    'another tool definition': { definition: 'tool-v2' },
    'another policy': { policy: 'p2' },
    'an agent of the requester': { subject: agentOf(scientist) },
    'another OAuth client': { client: 'c2' },
  };
  for (const [what, parts] of Object.entries(others)) {
    test(`${adapter.name}: a grant is for exactly its command: ${what} is a new request, and the same command uses the grant`, async () => {
      await withDesk(adapter, async ({ approvals, granted }) => {
        const id = await granted();
        const different = await approvals.request(askFor(parts));
        assert.notEqual(different.id, id);
        assert.equal(different.status, 'pending');
        assert.equal(await approvals.execute(different.id, 'intent'), false);
        const same = await approvals.request(askFor());
        assert.deepEqual([same.id, same.status], [id, 'granted']);
        assert.equal(await approvals.execute(same.id, 'intent'), true);
      });
    });
  }

  test(`${adapter.name}: a denied command stays denied for a minute, then people are asked anew`, async () => {
    await withDesk(adapter, async ({ approvals, clock }) => {
      const { id } = await approvals.request(askFor());
      await approvals.answer(id, lead, 'deny', 'not today');
      clock.pass(RETELL_MS - 1);
      const again = await approvals.request(askFor());
      assert.deepEqual([again.id, again.status, again.answers[0]?.reason], [id, 'denied', 'not today']);
      clock.pass(1);
      const anew = await approvals.request(askFor());
      assert.notEqual(anew.id, id);
      assert.equal(anew.status, 'pending');
    });
  });

  test(`${adapter.name}: an expired request that nobody swept does not stand in the way of the next one`, async () => {
    await withDesk(adapter, async ({ approvals, clock, recorder }) => {
      const { id } = await approvals.request(askFor());
      clock.pass(30 * MINUTE);
      assert.equal((await approvals.request(askFor())).status, 'expired');
      clock.pass(RETELL_MS);
      const anew = await approvals.request(askFor());
      assert.equal(anew.status, 'pending');
      assert.deepEqual(recorder.kinds({ id }), ['approval.requested', 'approval.expired']);
    });
  });

  test(`${adapter.name}: the requester and who may answer see a request, nobody else does`, async () => {
    await withDesk(adapter, async ({ approvals }) => {
      const { id } = await approvals.request(askFor({ subject: agentOf(scientist) }));
      const seenBy = async (viewer: typeof lead) => (await approvals.list({ status: 'pending', viewer })).map((approval) => approval.id);
      assert.deepEqual(await seenBy(lead), [id]);
      assert.deepEqual(await seenBy(scientist), [id]);
      assert.deepEqual(await seenBy(stranger), []);
      assert.deepEqual(await seenBy(agentOf(lead)), []);
      await approvals.withdraw(id, scientist);
      assert.deepEqual(await seenBy(lead), []);
      assert.deepEqual(
        (await approvals.list({ status: 'all', viewer: lead })).map(({ status }) => status),
        ['withdrawn'],
      );
    });
  });

  test(`${adapter.name}: one person cannot flood the inbox: the 101st open request is refused, another person's is not`, async () => {
    await withDesk(adapter, async ({ approvals }) => {
      for (let replicas = 0; replicas < 100; replicas += 1) await approvals.request(askFor({ args: { replicas } }));
      await assert.rejects(approvals.request(askFor({ args: { replicas: 100 } })), { code: 'limit_exceeded' });
      await assert.rejects(approvals.request(askFor({ subject: agentOf(scientist) })), { code: 'limit_exceeded' });
      assert.equal((await approvals.request(askFor({ args: { replicas: 5 } }))).status, 'pending');
      assert.equal((await approvals.request(askFor({ subject: lead }))).status, 'pending');
    });
  });

  test(`${adapter.name}: a review that names nobody is refused instead of waiting for ever`, async () => {
    await withDesk(adapter, async ({ approvals }) => {
      await assert.rejects(approvals.request(askFor({ approvals: [] })), { code: 'internal' });
    });
  });
}
