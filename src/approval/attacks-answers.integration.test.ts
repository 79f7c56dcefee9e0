import assert from 'node:assert/strict';
import type { Subject } from '../core/subject.ts';
import { makeAttack } from './attack-fixture.ts';
import { agentOf, askFor, lead, person, requirement, scientist, second, stranger } from './fixtures.ts';

const attack = makeAttack();

/** Who answers although nobody may: each of them is in the group that is asked for. */
const UNFIT: Readonly<Record<string, Subject>> = {
  'the requester': scientist,
  "the requester's account at another issuer": { ...scientist, issuer: 'https://idp.example', id: 'other-id' },
  "the requester's name in other letters": { ...person('SCIENTIST', 'ml-leads'), id: 'second-account' },
  "the requester's name in full-width letters": { ...person('ｓｃｉｅｎｔｉｓｔ', 'ml-leads'), id: 'second-account' },
  "the requester's agent": { ...agentOf(scientist), groups: ['ml-leads'] },
  "a lead's agent": agentOf(lead),
  'a workload': { ...lead, kind: 'workload' },
  'an AI agent without a person': { ...person('helper', 'ml-leads'), kind: 'ai-agent' },
  'an administrator who is in no group that is asked': person('admin', 'administrators', 'owners'),
  'somebody whose group only looks the same': person('mallory', 'ML-LEADS', 'ml-leads ', 'group:ml-leads'),
  'somebody named like a group': person('group:ml-leads'),
};

for (const [who, subject] of Object.entries(UNFIT)) {
  attack(`self-approval and its like: ${who} does not answer, a lead does`, async ({ approvals }) => {
    const { id } = await approvals.request(askFor());
    for (const answer of ['approve', 'deny'] as const) await assert.rejects(approvals.answer(id, subject, answer, 'me'), { code: 'forbidden' });
    assert.equal(await approvals.execute(id, 'i'), false);
    assert.equal((await approvals.answer(id, lead, 'approve', '')).status, 'granted');
  });
}

attack('self-approval by way of an agent: the person behind the agent that asked does not answer', async ({ approvals }) => {
  const { id } = await approvals.request(askFor({ subject: agentOf(lead) }));
  await assert.rejects(approvals.answer(id, lead, 'approve', ''), { code: 'forbidden' });
  await assert.rejects(approvals.answer(id, { ...lead, issuer: 'https://idp.example' }, 'approve', ''), { code: 'forbidden' });
  assert.equal((await approvals.answer(id, second, 'approve', '')).status, 'granted');
});

attack('one person in two groups is one of the two that are needed', async ({ approvals }) => {
  const { id } = await approvals.request(askFor({ approvals: [requirement({ quorum: 2, from: ['group:ml-leads', 'group:security'] })] }));
  assert.equal((await approvals.answer(id, second, 'approve', '')).status, 'pending');
  assert.equal((await approvals.answer(id, second, 'approve', 'again')).status, 'pending');
  assert.equal((await approvals.answer(id, { ...second, issuer: 'https://idp.example' }, 'approve', 'other account')).status, 'pending');
  assert.equal((await approvals.answer(id, lead, 'approve', '')).status, 'granted');
});

attack('one yes for each of two rules: the yes of one does not stand in for the other', async ({ approvals }) => {
  const two = [requirement(), requirement({ rule: 'security', from: ['group:security'] })];
  const { id } = await approvals.request(askFor({ approvals: two }));
  assert.equal((await approvals.answer(id, lead, 'approve', '')).status, 'pending');
  assert.equal(await approvals.execute(id, 'i'), false);
  assert.equal((await approvals.answer(id, second, 'approve', '')).status, 'granted');
});

attack('a guessed id of an approval answers nothing, neither does one of somebody else', async ({ approvals }) => {
  await approvals.request(askFor());
  for (const id of ['', '0', "' or 1=1 --", '01ARZ3NDEKTSV4RRFFQ69G5FAV', '../x'])
    await assert.rejects(approvals.answer(id, lead, 'approve', ''), { code: 'not_found' });
  const { id } = await approvals.request(askFor({ args: {} }));
  await assert.rejects(approvals.answer(id, stranger, 'approve', ''), { code: 'forbidden' });
});

attack('a reason of white space is none, and one of a megabyte is not taken', async ({ approvals }) => {
  const { id } = await approvals.request(askFor({ approvals: [requirement({ reason: 'required' })] }));
  await assert.rejects(approvals.answer(id, lead, 'approve', ' \t\u00a0'), { code: 'usage' });
  await assert.rejects(approvals.answer(id, lead, 'approve', 'x'.repeat(1 << 20)), { code: 'limit_exceeded' });
  assert.equal((await approvals.answer(id, lead, 'approve', 'checked')).status, 'granted');
});

let gone = false;
attack(
  'an approver who is locked or gone at the moment of the answer does not count, and does once that is over',
  async ({ approvals }) => {
    const { id } = await approvals.request(askFor());
    gone = true;
    await assert.rejects(approvals.answer(id, lead, 'approve', ''), { code: 'forbidden' });
    gone = false;
    assert.equal((await approvals.answer(id, lead, 'approve', '')).status, 'granted');
  },
  { current: (subject) => (gone && subject.name === 'lead' ? undefined : subject) },
);

attack(
  "an approver's groups are those of now, not those of the sign-in",
  async ({ approvals }) => {
    const { id } = await approvals.request(askFor());
    await assert.rejects(approvals.answer(id, lead, 'approve', ''), { code: 'forbidden' });
    assert.equal((await approvals.answer(id, second, 'approve', '')).status, 'granted');
  },
  { current: (subject) => (subject.name === 'lead' ? { ...subject, groups: ['sales'] } : subject) },
);

attack('nobody but the requester and their person withdraws, and a withdrawn one does not run', async ({ approvals, granted }) => {
  const id = await granted({ subject: agentOf(scientist) });
  for (const other of [lead, stranger, agentOf(lead)]) await assert.rejects(approvals.withdraw(id, other), { code: 'forbidden' });
  assert.equal((await approvals.withdraw(id, scientist)).status, 'withdrawn');
  assert.equal(await approvals.execute(id, 'i'), false);
});

attack('a flood of one person leaves room for the approvals of others', async ({ approvals }) => {
  for (let n = 0; n < 100; n += 1) await approvals.request(askFor({ args: { n }, subject: n % 2 === 0 ? scientist : agentOf(scientist) }));
  await assert.rejects(approvals.request(askFor({ args: { n: 100 }, subject: agentOf(scientist) })), { code: 'limit_exceeded' });
  assert.equal((await approvals.request(askFor({ subject: person('colleague', 'data-science') }))).status, 'pending');
});

attack('while nothing can be recorded, no answer counts and nothing runs', async ({ approvals, granted, recorder }) => {
  const [id, { id: waiting }] = [await granted(), await approvals.request(askFor({ args: {} }))];
  recorder.failing = true;
  await assert.rejects(approvals.execute(id, 'i'), { code: 'record_failed' });
  await assert.rejects(approvals.answer(waiting, lead, 'approve', ''), { code: 'record_failed' });
  recorder.failing = false;
  assert.deepEqual([(await approvals.get(id))?.status, (await approvals.get(waiting))?.status], ['granted', 'pending']);
});
