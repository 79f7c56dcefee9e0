import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { openCaller, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, LEAD, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type Message, type ScriptedServer } from '../../../test/support/relay/upstream.ts';

const SOON = { from: ['group:leads'], pending: '500ms' };
const RULES = [
  { allow: ['tools/list', 'tools/call free'] },
  { name: 'writing-takes-a-lead', review: ['tools/call write'], approval: { from: ['group:leads'] } },
  { name: 'brief', review: ['tools/call brief'], approval: SOON },
];

let server: ScriptedServer;
let relay: Relay;
let caller: Caller;
let key = 0;

before(async () => {
  server = await startScriptedServer([tool('free'), tool('write', { key: {} }), tool('brief')]);
  server.on('tools/call', (turn) => turn.result(text(`ran ${JSON.stringify(turn.message.params.arguments)}`)));
  relay = await startRelay({ resources: bench(server.url, RULES), times: { sayEveryMs: 50, holdMs: 300, patientHoldMs: 20_000 } });
  caller = await openCaller(relay.endpoint(), await relay.token('ann'), { name: 'claude-code' });
});
after(async () => {
  await relay.stop();
  await server.close();
});
afterEach(async () => {
  for (const { id } of await relay.approvals.list({ status: 'pending', viewer: LEAD })) await relay.approvals.answer(id, LEAD, 'deny', 'the test is over');
});

const fresh = () => ({ key: `k${(key += 1)}` });
const approve = (id: string) => relay.approvals.answer(id, LEAD, 'approve', '');
const said = (message: Message | undefined): string => message?.result.content[0].text ?? '';
const runs = (args: object): number =>
  server.asked('tools/call').filter((turn) => JSON.stringify(turn.message.params.arguments) === JSON.stringify(args)).length;
const params = (args: object, token?: string) => ({ name: 'write', arguments: args, ...(token === undefined ? {} : { _meta: { progressToken: token } }) });

test('a caller that wants progress hears it at once and again, and the result on the same stream once it is approved', async () => {
  const args = fresh();
  const held = await caller.begin('tools/call', params(args, 'tok'), 'a');
  const [first, second] = [await held.message(), await held.message()];
  const id = await relay.pending();
  assert.partialDeepStrictEqual(first, { method: 'notifications/progress', params: { progressToken: 'tok', progress: 1 } });
  assert.match(first.params.message, new RegExp(`${id}.*group:leads.*/approvals/${id}`));
  assert.equal(second.params.progress, 2);
  assert.equal(runs(args), 0);
  await approve(id);
  const answer = (await held.rest()).findLast((block) => block.message?.id === 'a')?.message;
  assert.equal(said(answer), `ran ${JSON.stringify(args)}`);
  assert.equal(runs(args), 1);
});

test('one that does not hears comments, then that it is pending; the retry attaches, runs once, and later hears what was recorded', async () => {
  const args = fresh();
  const held = await caller.begin('tools/call', params(args), 1);
  const blocks = await held.rest();
  const id = await relay.pending();
  assert.ok(blocks.length >= 3 && blocks.slice(0, -1).every((block) => block.raw.startsWith(':')));
  const pending = blocks.at(-1)?.message;
  assert.equal(pending?.result.isError, true);
  assert.match(said(pending), new RegExp(`APPROVAL_PENDING id=${id}.*writing-takes-a-lead.*exactly the same arguments`));
  assert.partialDeepStrictEqual(pending?.result._meta ?? {}, { 'dev.sallyport/approval': { id, status: 'pending' } });
  const retry = caller.call('write', args);
  await approve(id);
  assert.equal(said(await retry), `ran ${JSON.stringify(args)}`);
  const again = await caller.call('write', args);
  assert.equal(said(again), `ran ${JSON.stringify(args)}`);
  assert.match(again.result._meta['dev.sallyport/approval'].note, /recorded result.*did not run again/);
  assert.equal(runs(args), 1);
});

test('an approved call that its target answered with an error is told again as such, and does not run again', async (t) => {
  const args = fresh();
  server.on('tools/call write', (turn) => turn.json(200, { jsonrpc: '2.0', id: turn.message.id, error: { code: -32000, message: 'broken' } }));
  t.after(() => server.on('tools/call write', (turn) => turn.result(text(`ran ${JSON.stringify(turn.message.params.arguments)}`))));
  const held = caller.call('write', args);
  await approve(await relay.pending());
  assert.equal((await held).error.message, 'broken');
  const again = await caller.call('write', args);
  assert.equal(again.error.code, -32000);
  assert.match(again.error.data['dev.sallyport/approval'].note, /did not run again/);
  assert.equal(runs(args), 1);
});

test('what a person refused is told with the rule and the reason, and did not run', async () => {
  const args = fresh();
  const held = caller.call('write', args);
  const id = await relay.pending();
  await relay.approvals.answer(id, LEAD, 'deny', 'not on a Friday');
  assert.match(said(await held), new RegExp(`APPROVAL_DENIED id=${id}\\. Not executed.*writing-takes-a-lead.*not on a Friday.*Do not retry`));
  assert.equal(runs(args), 0);
});

test('what nobody answered expires, with the rule and the way out', async () => {
  const held = await caller.begin('tools/call', { name: 'brief', arguments: {}, _meta: { progressToken: 1 } }, 1);
  const last = (await held.rest()).at(-1)?.message;
  assert.match(said(last), /APPROVAL_EXPIRED id=\w+\. Not executed\. .*"brief".*Call again to ask anew/);
  assert.equal(server.asked('tools/call brief').length, 0);
});

test('two identical calls at once wait for one record and run once', async () => {
  const args = fresh();
  const both = [caller.call('write', args, 'x'), caller.call('write', args, 'y')];
  const id = await relay.pending();
  await approve(id);
  const texts = (await Promise.all(both)).map(said);
  assert.ok(texts.some((each) => each === `ran ${JSON.stringify(args)}`));
  assert.equal(runs(args), 1);
  assert.equal(said(await caller.call('write', args)), `ran ${JSON.stringify(args)}`);
  assert.equal(relay.events('approval.requested').filter((event) => event.approval === id).length, 1);
});

test('an approval is for these arguments: changed ones are asked anew and do not run', async () => {
  const [args, other] = [fresh(), fresh()];
  const held = caller.call('write', args);
  const id = await relay.pending();
  await approve(id);
  await held;
  const pending = await caller.call('write', other);
  assert.match(said(pending), /APPROVAL_PENDING/);
  assert.notEqual(pending.result._meta['dev.sallyport/approval'].id, id);
  assert.equal(runs(other), 0);
});

test('a pending approval outlives the gateway: the retry attaches to it and runs', async () => {
  const args = fresh();
  const { id } = (await caller.call('write', args)).result._meta['dev.sallyport/approval'];
  await relay.restart();
  const again = await caller.call('write', args);
  assert.equal(again.result._meta['dev.sallyport/approval'].id, id);
  await approve(id);
  assert.equal(said(await caller.call('write', args)), `ran ${JSON.stringify(args)}`);
  assert.equal(runs(args), 1);
});

test('a caller that lost its connection while it waited runs nothing; its retry does', async () => {
  const args = fresh();
  const held = await caller.begin('tools/call', params(args, 'tok'), 1);
  await held.message();
  const id = await relay.pending();
  held.drop();
  await until('the end of the wait', () => relay.events('command.refused').find((event) => event.approval === id));
  await approve(id);
  assert.equal((await relay.approvals.get(id))?.status, 'granted');
  assert.equal(runs(args), 0);
  assert.equal(said(await caller.call('write', args)), `ran ${JSON.stringify(args)}`);
  assert.equal(runs(args), 1);
});

test('a cancelled wait ends, keeps its record and reaches no target', async () => {
  const args = fresh();
  const held = await caller.begin('tools/call', params(args, 'tok'), 'to-cancel');
  await held.message();
  const id = await relay.pending();
  const cancelled = await caller.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'to-cancel', reason: 'time-out' } });
  assert.equal(cancelled.status, 202);
  await held.rest();
  await approve(id);
  assert.equal(runs(args), 0);
  assert.equal(server.asked('notifications/cancelled').length, 0);
  assert.equal(said(await caller.call('write', args)), `ran ${JSON.stringify(args)}`);
});
