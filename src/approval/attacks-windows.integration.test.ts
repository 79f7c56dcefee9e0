import assert from 'node:assert/strict';
import type { AccessWindow, WindowQuestion } from '../core/approval.ts';
import type { Subject } from '../core/subject.ts';
import { openAccessReviews } from './access-reviews.ts';
import { makeAttack } from './attack-fixture.ts';
import type { ApprovalService } from './approvals.ts';
import { agentOf, askFor, lead, MINUTE, person, requirement, scientist, second, type AskParts } from './fixtures.ts';

let today: (subject: Subject) => Subject | undefined = (subject) => subject;
const options = { covers: () => true, current: (subject: Subject) => today(subject) };
const attack = makeAttack();

const question = (parts: AskParts = {}): WindowQuestion => {
  const { session, command, decision } = askFor(parts);
  return { session, command, decision };
};

const WINDOW: AccessWindow = { pattern: 'tools/call *', durationMs: 30 * MINUTE, reason: 'nightly evaluation' };
const request = (approvals: ApprovalService, parts: AskParts = {}, more: Partial<AccessWindow> = {}) => {
  const { session, decision } = askFor(parts);
  return approvals.requestWindow({ session, decision, window: { ...WINDOW, ...more } });
};

attack(
  'a window that is only asked for lets nothing through; one that was approved does, and runs nothing itself',
  async ({ approvals }) => {
    const { id } = await request(approvals);
    assert.equal(await approvals.window(question()), undefined);
    await approvals.answer(id, lead, 'approve', '');
    assert.equal((await approvals.window(question()))?.id, id);
    assert.equal(await approvals.execute(id, 'i'), false);
  },
  options,
);

attack(
  'a window ends when its time from the approval is over, whatever waited before',
  async ({ approvals, clock }) => {
    const { id } = await request(approvals);
    clock.pass(20 * MINUTE);
    assert.equal((await approvals.answer(id, lead, 'approve', '')).expiresAt, clock.now() + 30 * MINUTE);
    clock.pass(30 * MINUTE - 1);
    assert.equal((await approvals.window(question()))?.id, id);
    clock.pass(1);
    assert.equal(await approvals.window(question()), undefined);
  },
  options,
);

const NOT_COVERED: Readonly<Record<string, AskParts>> = {
  "the requester's agent": { subject: agentOf(scientist) },
  'another person': { subject: person('colleague', 'data-science') },
  'the same name of another issuer': { subject: { ...scientist, issuer: 'https://idp.example' } },
  'another target': { target: { name: 'payroll' } },
  'the same target, connection repointed': { target: { address: 'http://127.0.0.1:7701/mcp' } },
  'the same target with another credential': { target: { credential: { bearer: { env: 'ADMIN_TOKEN' } } } },
  'a rule that asks others': { approvals: [requirement({ from: ['group:security'] })] },
  'a rule that asks two': { approvals: [requirement({ quorum: 2 })] },
  'a rule more, since the policy changed': { policy: 'p2', approvals: [requirement(), requirement({ rule: 'new', from: ['group:security'] })] },
  'a tool in quarantine': { approvals: [requirement(), requirement({ rule: 'quarantine' })] },
};
for (const [what, parts] of Object.entries(NOT_COVERED)) {
  attack(
    `a window is for what its approvers could approve: not for ${what}`,
    async ({ approvals }) => {
      const { id } = await request(approvals);
      await approvals.answer(id, lead, 'approve', '');
      assert.equal(await approvals.window(question(parts)), undefined);
      assert.equal((await approvals.window(question()))?.id, id);
    },
    options,
  );
}

attack(
  'a window falls with its approver or its requester, and by who ends it',
  async ({ approvals }) => {
    today = (subject) => subject;
    const { id } = await request(approvals);
    await approvals.answer(id, lead, 'approve', '');
    for (const name of ['lead', 'scientist']) {
      today = (subject) => (subject.name === name ? undefined : subject);
      assert.equal(await approvals.window(question()), undefined, name);
    }
    today = (subject) => subject;
    assert.equal((await approvals.window(question()))?.id, id);
    await assert.rejects(approvals.withdraw(id, person('colleague', 'data-science')), { code: 'forbidden' });
    await approvals.withdraw(id, second);
    assert.equal(await approvals.window(question()), undefined);
  },
  options,
);

attack(
  "a window's yes is for its pattern, constraint and time: with others it is asked anew",
  async ({ approvals }) => {
    const { id } = await request(approvals);
    await approvals.answer(id, lead, 'approve', '');
    for (const more of [{ pattern: 'tools/call delete_*' }, { constraint: 'args.rows < 10' }, { durationMs: 60 * MINUTE }]) {
      const other = await request(approvals, {}, more);
      assert.deepEqual([other.id === id, other.status], [false, 'pending']);
    }
    assert.equal((await request(approvals)).id, id);
  },
  options,
);

attack(
  'a command called like a window has none of its yes',
  async ({ approvals }) => {
    const opened = await request(approvals);
    await approvals.answer(opened.id, lead, 'approve', '');
    const disguised = askFor();
    const ask = { ...disguised, command: { ...disguised.command, name: 'window tools/call *' } };
    assert.notEqual((await approvals.request(ask)).id, opened.id);
  },
  options,
);

attack(
  'break-glass opens at once with a reason, is recorded, and stays open for review until somebody else closes it',
  async ({ approvals, recorder, clock, storage }) => {
    const breakGlass = { owners: ['group:ml-platform'], review: ['group:security', 'group:data-science'] };
    await assert.rejects(request(approvals, {}, { breakGlass, reason: ' ' }), { code: 'usage' });
    const opened = await request(approvals, {}, { breakGlass });
    assert.equal(opened.status, 'granted');
    assert.equal((await approvals.window(question({ approvals: [requirement({ quorum: 2 })] })))?.id, opened.id);
    assert.deepEqual(recorder.kinds(opened), ['approval.requested', 'breakglass.opened']);
    const reviews = openAccessReviews({ storage, recorder, now: clock.now });
    clock.pass(31 * MINUTE);
    assert.equal(await approvals.window(question()), undefined);
    assert.deepEqual(
      (await reviews.list(second)).map(({ approval, closedAt }) => [approval.id, closedAt]),
      [[opened.id, undefined]],
    );
    for (const unfit of [scientist, { ...scientist, issuer: 'https://idp.example' }, lead, agentOf(second)])
      await assert.rejects(reviews.close(opened.id, unfit, 'fine'), { code: 'forbidden' });
    await assert.rejects(reviews.close(opened.id, second, '  '), { code: 'usage' });
    assert.equal((await reviews.close(opened.id, second, 'deployments were rolled back')).closedBy, 'second');
    await assert.rejects(reviews.close(opened.id, second, 'again'), { code: 'conflict' });
    assert.equal(recorder.kinds(opened).at(-1), 'breakglass.reviewed');
    assert.equal((await request(approvals, {}, { breakGlass })).status, 'granted');
  },
  options,
);
