import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CLIENT_KINDS, readable, type TestClient } from '../../../test/support/clients.ts';
import { sendModern } from '../../../test/support/relay/caller.ts';
import { bench, LEAD, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type Message, type ScriptedServer } from '../../../test/support/relay/upstream.ts';
import { until } from '../../../test/support/until.ts';
import { DEFAULT_CLIENTS } from './clients.ts';

const RULES = [{ name: 'writing-takes-a-lead', review: ['tools/call write'], approval: { from: ['group:leads'] } }, { allow: ['tools/*'] }];
const RETRIES = { 'io.modelcontextprotocol/clientInfo': { name: 'sallyport-test', version: '1.0.0' } };
const DISCOVERED = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {} },
  serverInfo: { name: 's', version: '1' },
  ttlMs: 0,
};

let server: ScriptedServer;
let relay: Relay;
let ann: string;
let bob: string;
let client: TestClient;
let key = 0;

before(async () => {
  server = await startScriptedServer([tool('write', { key: {} }), tool('free')]);
  server.on('server/discover', (turn) => turn.result({ ...DISCOVERED, cacheScope: 'private' }));
  server.on('tools/list', (turn) =>
    turn.result({ resultType: 'complete', tools: [tool('write', { key: {} }), tool('free')], ttlMs: 0, cacheScope: 'private' }),
  );
  server.on('tools/call', (turn) => turn.result({ resultType: 'complete', ...text(`ran ${JSON.stringify(turn.message.params.arguments)}`) }));
  const clients = { ...DEFAULT_CLIENTS, retrying: ['sallyport-test'] };
  relay = await startRelay({ resources: bench(server.url, RULES), times: { roundMs: 60, holdMs: 300, sayEveryMs: 50 }, clients });
  [ann, bob] = [await relay.token('ann'), await relay.token('bob')];
  const modern = CLIENT_KINDS.find(({ era }) => era === 'modern') ?? assert.fail('no modern client');
  client = await modern.connect(relay.endpoint(), ann);
});
after(async () => {
  await client.close();
  await relay.stop();
  await server.close();
});

const fresh = () => ({ key: `k${(key += 1)}` });
const approve = (id: string) => relay.approvals.answer(id, LEAD, 'approve', '');
const runs = (args: object): number =>
  server.asked('tools/call').filter((turn) => JSON.stringify(turn.message.params.arguments) === JSON.stringify(args)).length;
const rounds = (id: string): number => relay.events('command.refused').filter((event) => event.approval === id).length;
const last = async (params: object, token = ann): Promise<Message & { readonly result: { readonly requestState?: string } }> => {
  const blocks = await (await sendModern(relay.endpoint(), token, 'tools/call', params)).rest();
  return blocks.at(-1)?.message ?? assert.fail('no answer');
};
const begin = (args: object, more: object = {}, token = ann) => last({ name: 'write', arguments: args, _meta: RETRIES, ...more }, token);
const refused = (reply: Message, why: RegExp): void => {
  assert.equal(reply.error.code, -32602);
  assert.match(reply.error.message, why);
};

test('SDK 2.x at its defaults: a call that waits for seven rounds is one call to its program, runs once and has its result', async () => {
  const args = fresh();
  const call = client.call('write', args);
  const id = await relay.pending();
  await until('the sixth round', () => rounds(id) >= 6 || undefined);
  assert.equal(runs(args), 0);
  await approve(id);
  assert.match(readable(await call), /ran \{\\"key/);
  assert.equal(runs(args), 1);
  assert.equal(relay.events('approval.requested').filter((event) => event.approval === id).length, 1);
});

test('SDK 2.x at its defaults: after the eighth it is told that it waits and to call again, which attaches and runs', async () => {
  const args = fresh();
  const told = readable(await client.call('write', args));
  assert.match(told, /APPROVAL_PENDING id=\w+\. Not executed.*exactly the same arguments/);
  const id = await relay.pending();
  assert.equal(rounds(id), 8);
  await approve(id);
  assert.match(readable(await client.call('write', args)), /ran/);
  assert.equal(runs(args), 1);
});

test('the target sees neither the state of the gateway nor a trace of it', async () => {
  const args = fresh();
  const { result } = await begin(args);
  assert.equal(result.resultType, 'input_required');
  await approve(await relay.pending());
  await begin(args, { requestState: result.requestState });
  const sent = server.asked('tools/call').at(-1)?.message.params ?? assert.fail('nothing was sent');
  assert.deepEqual(sent.arguments, args);
  assert.deepEqual(Object.keys(sent).toSorted(), ['_meta', 'arguments', 'name']);
});

test("the target's own state, and what its client answered, wait inside and reach it", async () => {
  const args = fresh();
  const inputResponses = { who: { action: 'accept', content: { name: 'ann' } } };
  const { result } = await begin(args, { requestState: 'of the target', inputResponses });
  await approve(await relay.pending());
  assert.equal((await begin(args, { requestState: result.requestState })).result.content[0].text, `ran ${JSON.stringify(args)}`);
  const { params } = server.asked('tools/call').at(-1)?.message ?? assert.fail('nothing was sent');
  assert.partialDeepStrictEqual(params, { requestState: 'of the target', inputResponses });
});

test('a state is refused to somebody else, for another call, and altered; nothing runs and nobody is asked', async () => {
  const args = fresh();
  const { requestState } = (await begin(args)).result;
  const id = await relay.pending();
  const asked = relay.events('approval.requested').length;
  refused(await begin(args, { requestState }, bob), /not yours/);
  refused(await begin(fresh(), { requestState }), /another call/);
  refused(await begin(args, { requestState: `${requestState?.slice(0, -4)}AAAA` }), /altered/);
  refused(await begin(args, { requestState: 'sallyport.1.forged' }), /altered/);
  assert.equal(relay.events('approval.requested').length, asked);
  await approve(id);
  refused(await begin(args, { requestState }, bob), /not yours/);
  assert.equal(runs(args), 0);
  assert.match((await begin(args, { requestState })).result.content[0].text, /ran/);
});

test('what was withdrawn is not asked for again by a program that repeats its call', async () => {
  const args = fresh();
  const { requestState } = (await begin(args)).result;
  const id = await relay.pending();
  const { subject } = (await relay.approvals.get(id)) ?? assert.fail('no approval');
  await relay.approvals.withdraw(id, subject);
  refused(await begin(args, { requestState }), /withdrawn/);
  assert.equal((await relay.approvals.list({ status: 'pending', viewer: LEAD })).length, 0);
});

test('what people refused is told in the next round, with the rule and the reason', async () => {
  const args = fresh();
  const { requestState } = (await begin(args)).result;
  await relay.approvals.answer(await relay.pending(), LEAD, 'deny', 'not on a Friday');
  const { result } = await begin(args, { requestState });
  assert.match(result.content[0].text, /APPROVAL_DENIED.*writing-takes-a-lead.*not on a Friday/);
  assert.equal(runs(args), 0);
});

test('a client that is not known to repeat calls is held on the line instead', async () => {
  const { result } = await last({ name: 'write', arguments: fresh() });
  assert.match(result.content[0].text, /APPROVAL_PENDING/);
  await relay.approvals.answer(await relay.pending(), LEAD, 'deny', 'the test is over');
});
