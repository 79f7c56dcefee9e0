import assert from 'node:assert/strict';
import type { Subject } from '../core/subject.ts';
import { makeAttack } from './attack-fixture.ts';
import { RETELL_MS } from './approval-life.ts';
import { agentOf, askFor, lead, MINUTE, person, requirement, scientist, second, type AskParts } from './fixtures.ts';

const attack = makeAttack();

/** Approve A, run B: nothing of these may be another thing under the same grant. */
const SWAPS: Readonly<Record<string, AskParts>> = {
  'an argument more': { args: { replicas: 3, force: true } },
  'an argument of another type': { args: { replicas: '3' } },
  'an argument that looks the same (full-width digit)': { args: { replicas: '３' } },
  'an argument with a hidden character': { args: { replicas: 3, note: 'ok\u200b' } },
  'an argument moved into another': { args: { options: { replicas: 3 } } },
  'no arguments': { args: {} },
  'another target of the same address': { target: { name: 'models-2' } },
  'the same target, connection repointed': { target: { address: 'http://127.0.0.1:7701/mcp' } },
  'another path at the same host': { target: { address: 'http://127.0.0.1:7700/admin' } },
  'another program': { target: { command: ['npx', 'other-server'] } },
  'another credential': { target: { credential: { bearer: { env: 'ADMIN_TOKEN' } } } },
  'another definition of the tool': { definition: 'tool-v2' },
  'no definition of the tool': { definition: '' },
  'another policy': { policy: 'p2' },
  'another OAuth client': { client: 'evil-client' },
  'another person': { subject: person('colleague', 'data-science') },
  'the same name of another issuer': { subject: { ...scientist, issuer: 'https://idp.example' } },
  'a workload of the same name': { subject: { ...scientist, kind: 'workload' } },
  'the own agent': { subject: agentOf(scientist) },
};

for (const [what, parts] of Object.entries(SWAPS)) {
  attack(`approve A, run B: ${what} waits for people of its own, and A's grant is left for A`, async ({ approvals, granted }) => {
    const id = await granted();
    const other = await approvals.request(askFor(parts));
    assert.notEqual(other.id, id);
    assert.equal(other.status, 'pending');
    assert.equal(await approvals.execute(other.id, 'b'), false);
    assert.equal(await approvals.execute(id, 'a'), true);
  });
}

attack("a grant of an agent's call is not its person's, nor that of the agent for another person", async ({ approvals, granted }) => {
  const id = await granted({ subject: agentOf(scientist) });
  for (const subject of [scientist, { ...agentOf(person('colleague', 'data-science')), name: 'scientist-helper' }])
    assert.notEqual((await approvals.request(askFor({ subject }))).id, id);
  assert.equal((await approvals.request(askFor({ subject: agentOf(scientist) }))).id, id);
});

attack('replay: a grant that was used runs nothing again, at once, later, or from another process', async ({ approvals, another, granted, clock }) => {
  const other = await another('gateway-2');
  const id = await granted();
  assert.equal(await approvals.execute(id, 'first'), true);
  for (const process of [approvals, other]) assert.equal(await process.execute(id, 'again'), false);
  await approvals.consume(id, 'done');
  for (const process of [approvals, other]) assert.equal(await process.execute(id, 'again'), false);
  clock.pass(RETELL_MS);
  assert.equal(await other.execute(id, 'much later'), false);
});

attack('replay: once the result is no longer told, the same call is asked anew and does not run', async ({ approvals, granted, clock }) => {
  const id = await granted();
  await approvals.execute(id, 'i');
  await approvals.consume(id, 'done');
  clock.pass(16 * MINUTE);
  const anew = await approvals.request(askFor());
  assert.deepEqual([anew.status, anew.id === id], ['pending', false]);
  assert.equal(await approvals.execute(anew.id, 'j'), false);
});

attack('two executions race for one grant while a third withdraws it: at most one of all three has its way', async ({ approvals, another, granted }) => {
  const other = await another('gateway-2');
  for (let round = 0; round < 10; round += 1) {
    const id = await granted({ args: { round } });
    const [one, two, withdrawn] = await Promise.allSettled([approvals.execute(id, 'one'), other.execute(id, 'two'), approvals.withdraw(id, scientist)]);
    const won = [one, two].filter((each) => each.status === 'fulfilled' && each.value).length + (withdrawn.status === 'fulfilled' ? 1 : 0);
    assert.equal(won, 1);
  }
});

attack('an answer and an execution race: what is not granted yet does not run', async ({ approvals }) => {
  const { id } = await approvals.request(askFor());
  const [ran] = await Promise.all([approvals.execute(id, 'i'), approvals.answer(id, lead, 'deny', '')]);
  assert.equal(ran, false);
  assert.equal((await approvals.get(id))?.status, 'denied');
});

attack('a denial after the last yes comes too late, and a yes after a denial does too', async ({ approvals, granted }) => {
  const id = await granted();
  await assert.rejects(approvals.answer(id, second, 'deny', 'wait'), { code: 'conflict' });
  const { id: denied } = await approvals.request(askFor({ args: {} }));
  await approvals.answer(denied, lead, 'deny', '');
  await assert.rejects(approvals.answer(denied, second, 'approve', ''), { code: 'conflict' });
  assert.equal(await approvals.execute(denied, 'i'), false);
});

attack('expiry: approved at t0 + 16 min with 15 min to answer executes nothing', async ({ approvals, clock }) => {
  const fifteen = { approvals: [requirement({ pendingMs: 15 * MINUTE })] };
  const { id } = await approvals.request(askFor(fifteen));
  clock.pass(16 * MINUTE);
  await assert.rejects(approvals.answer(id, lead, 'approve', ''), { code: 'conflict' });
  assert.equal(await approvals.execute(id, 'i'), false);
  const { id: inTime } = await approvals.request(askFor({ ...fifteen, args: {} }));
  clock.pass(14 * MINUTE);
  assert.equal((await approvals.answer(inTime, lead, 'approve', '')).status, 'granted');
});

attack('clock: a clock that goes back an hour neither revives what expired and was written down, nor runs twice', async ({ approvals, granted, clock }) => {
  const [expired, used] = [await granted(), await granted({ args: {} })];
  assert.equal(await approvals.execute(used, 'i'), true);
  clock.pass(16 * MINUTE);
  await approvals.sweep();
  clock.pass(-60 * MINUTE);
  assert.equal(await approvals.execute(expired, 'j'), false);
  assert.equal(await approvals.execute(used, 'j'), false);
});

attack('clock: a clock that jumps ahead ends what waits, and never lets it run', async ({ approvals, granted, clock }) => {
  const [pending, ready] = [(await approvals.request(askFor({ args: {} }))).id, await granted()];
  clock.pass(365 * 24 * 60 * MINUTE);
  assert.deepEqual([await approvals.execute(pending, 'i'), await approvals.execute(ready, 'i')], [false, false]);
  await assert.rejects(approvals.answer(pending, lead, 'approve', ''), { code: 'conflict' });
});

attack('restart: what was pending still is, and what was executing is unknown and runs no more', async ({ approvals, another, granted, clock }) => {
  const { id: pending } = await approvals.request(askFor({ args: {} }));
  const running = await granted();
  await approvals.execute(running, 'i');
  clock.pass(MINUTE);
  const restarted = await another('gateway-2');
  assert.equal((await restarted.get(pending))?.status, 'pending');
  assert.equal((await restarted.get(running))?.status, 'indeterminate');
  assert.equal(await restarted.execute(running, 'j'), false);
  assert.equal((await restarted.answer(pending, lead, 'approve', '')).status, 'granted');
});

attack('a result that another process claims is not told to the caller', async ({ approvals, another, granted }) => {
  const other = await another('gateway-2');
  const id = await granted();
  await approvals.execute(id, 'i');
  await assert.rejects(other.consume(id, 'forged'), { code: 'conflict' });
  await approvals.consume(id, 'true');
  assert.equal((await approvals.request(askFor())).result, 'true');
});

let today: (subject: Subject) => Subject | undefined = (subject) => subject;
const current = (subject: Subject): Subject | undefined => today(subject);
const without = (name: string) => (subject: Subject) => (subject.name === name ? undefined : subject);

const BETWEEN: Readonly<Record<string, { readonly parts?: AskParts; readonly then: (subject: Subject) => Subject | undefined }>> = {
  'the approver was removed': { then: without('lead') },
  'the approver left the group': { then: (subject) => (subject.name === 'lead' ? { ...subject, groups: ['sales'] } : subject) },
  'the approver became an AI agent': { then: (subject) => (subject.name === 'lead' ? { ...subject, kind: 'ai-agent' } : subject) },
  "the approver became the requester's other account": { then: (subject) => (subject.name === 'lead' ? { ...subject, name: 'Scientist' } : subject) },
  'the requester was removed': { then: without('scientist') },
  "the requesting agent's person was removed": { parts: { subject: agentOf(scientist) }, then: without('scientist') },
  'the requesting agent was removed': { parts: { subject: agentOf(scientist) }, then: without('scientist-helper') },
  'one of two approvers was removed': { parts: { approvals: [requirement({ quorum: 2 })] }, then: without('second') },
};

for (const [what, { parts = {}, then }] of Object.entries(BETWEEN)) {
  attack(
    `between approval and execution ${what}: it does not run, and is withdrawn for good`,
    async ({ approvals, granted }) => {
      today = (subject) => subject;
      const approvers = parts.approvals ? [lead, second] : [lead];
      const [fine, fallen] = [await granted({ ...parts, args: { n: 1 } }, approvers), await granted({ ...parts, args: { n: 2 } }, approvers)];
      assert.equal(await approvals.execute(fine, 'i'), true);
      today = then;
      assert.equal(await approvals.execute(fallen, 'i'), false);
      today = (subject) => subject;
      assert.equal(await approvals.execute(fallen, 'j'), false);
      assert.equal((await approvals.get(fallen))?.status, 'withdrawn');
    },
    { current },
  );
}

let locked = false;
attack(
  'between approval and execution the target or the session was locked: it does not run, and another does after the lock',
  async ({ approvals, granted }) => {
    const id = await granted();
    locked = true;
    assert.equal(await approvals.execute(id, 'i'), false);
    locked = false;
    assert.equal(await approvals.execute(id, 'i'), false);
    assert.equal(await approvals.execute(await granted({ args: {} }), 'i'), true);
  },
  { locked: () => locked },
);
