import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openCaller, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, LEAD, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type ScriptedServer } from '../../../test/support/relay/upstream.ts';

const RULES = [
  { allow: ['tools/list'] },
  { name: 'twice', allow: ['tools/call twice'], limits: { perDay: { calls: 2 } } },
  { name: 'alone', allow: ['tools/call alone'], limits: { concurrent: 1 } },
  { name: 'short', allow: ['tools/call short'], limits: { replyBytes: 300 } },
  { name: 'held', review: ['tools/call held'], limits: { perDay: { calls: 1 } }, approval: { from: ['group:leads'] } },
];
let server: ScriptedServer;
let relay: Relay;
let ann: Caller;
let bob: Caller;
let release = (): void => {};

before(async () => {
  const tools = ['twice', 'alone', 'short', 'held'].map((name) => tool(name));
  server = await startScriptedServer(tools);
  server.on('tools/list', (turn) => turn.result({ tools }));
  server.on('tools/call', (turn) => turn.result(text('ran')));
  server.on('tools/call alone', (turn) => {
    release = () => turn.result(text('ran'));
  });
  server.on('tools/call short', (turn) => turn.result(text((turn.message.params.arguments as { long?: boolean }).long ? 'x'.repeat(400) : 'ran')));
  relay = await startRelay({ resources: bench(server.url, RULES), times: { holdMs: 5000, sayEveryMs: 50 } });
  ann = await openCaller(relay.endpoint(), await relay.token('ann'));
  bob = await openCaller(relay.endpoint(), await relay.token('bob'));
});
after(async () => {
  await relay.stop();
  await server.close();
});

const said = async (caller: Caller, name: string): Promise<string> => (await caller.call(name)).result.content[0].text;

test('what is used up is refused with the limit and when to come back, reaches no target and is recorded; another subject has its own', async () => {
  assert.equal(await said(ann, 'twice'), 'ran');
  assert.equal(await said(ann, 'twice'), 'ran');
  assert.match(await said(ann, 'twice'), /rule "twice".*limit of the rule twice is reached: 2 commands a day.*Wait \d+ s before you call again/);
  assert.equal(server.asked('tools/call twice').length, 2);
  assert.equal(relay.events('command.refused').at(-1)?.decision?.rule, 'twice');
  assert.equal(await said(bob, 'twice'), 'ran');
});

test('one at a time: the second is refused while the first runs', async () => {
  const first = said(ann, 'alone');
  await server.heard('tools/call alone');
  assert.match(await said(ann, 'alone'), /1 commands at once/);
  release();
  assert.equal(await first, 'ran');
  const again = said(ann, 'alone');
  await server.heard('tools/call alone', 2);
  release();
  assert.equal(await again, 'ran');
});

test('a reply that is too big is not released, one within the limit is', async () => {
  assert.equal(await said(ann, 'short'), 'ran');
  const { error } = await ann.call('short', { long: true });
  assert.match(error.message, /larger than the 300 bytes that short allows/);
});

test('a command that waits for people takes nothing meanwhile; it is counted when it runs', async () => {
  const first = said(ann, 'held');
  await relay.approvals.answer(await relay.pending(), LEAD, 'approve', '');
  assert.equal(await first, 'ran');
  const second = ann.call('held', { other: 1 });
  await relay.approvals.answer(await relay.pending(), LEAD, 'approve', '');
  assert.match((await second).result.content[0].text, /limit of the rule held is reached/);
  assert.equal(server.asked('tools/call held').length, 1);
});
