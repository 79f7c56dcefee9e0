import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openCaller, sendModern, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, LEAD, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { answerTo, startScriptedServer, tool, type ScriptedServer } from '../../../test/support/relay/upstream.ts';
import { until } from '../../../test/support/until.ts';

let server: ScriptedServer;
let relay: Relay;
let token: string;
let caller: Caller;

before(async () => {
  server = await startScriptedServer([tool('work'), tool('held')]);
  server.on('tools/call', (turn) => {
    turn.stream();
    turn.event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'begun' } });
  });
  relay = await startRelay({
    resources: bench(server.url, [{ allow: ['tools/call work'] }, { review: ['tools/call held'], approval: { from: ['group:leads'] } }]),
  });
  token = await relay.token('ann');
  caller = await openCaller(relay.endpoint(), token);
});
after(async () => {
  await relay.stop();
  await server.close();
});

const work = { name: 'work', arguments: {} };
const replies = (name: string) => relay.events('reply.received').filter((event) => event.command?.name === name);

test('with sessions a lost connection is no cancellation: the call goes on and its reply is recorded', async () => {
  const stream = await caller.begin('tools/call', work, 'kept');
  await stream.message();
  const turn = await server.heard('tools/call work');
  stream.drop();
  // A round trip later the gateway has seen the connection go.
  await caller.ask('tools/list');
  turn.event(answerTo(turn, 'done'));
  turn.end();
  await until('the record of the reply', () => replies('tools/call work')[0]);
  assert.equal(turn.gone(), false);
});

test('notifications/cancelled reaches the target with the id as it was, of whatever type', async () => {
  for (const requestId of ['c-1', 17]) {
    const stream = await caller.begin('tools/call', work, requestId);
    await stream.message();
    const reply = await caller.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, reason: 'enough' } });
    assert.equal(reply.status, 202);
    const cancelled = server.asked('notifications/cancelled').at(-1);
    assert.deepEqual(cancelled?.message.params, { requestId, reason: 'enough' });
    assert.equal(cancelled?.headers['mcp-session-id'], server.asked('tools/call work').at(-1)?.headers['mcp-session-id']);
    stream.drop();
  }
});

test('without sessions a caller that leaves has cancelled: the target is hung up on, and that is recorded', async () => {
  const stream = await sendModern(relay.endpoint(), token, 'tools/call', work);
  const turn = await server.heard('tools/call work', server.asked('tools/call work').length);
  await until('the first event', () => relay.events('command.forwarded').length || undefined);
  stream.drop();
  await until('the end at the target', () => turn.gone() || undefined);
  const failed = await until('the record', () => relay.events('command.failed').find((event) => event.command?.name === 'tools/call work'));
  assert.match(failed.note ?? '', /its caller left/);
});

test('an approved call goes on without its caller, and its result waits for the retry', async () => {
  const held = { name: 'held', arguments: {} };
  const stream = await sendModern(relay.endpoint(), token, 'tools/call', held);
  await stream.next();
  await relay.approvals.answer(await relay.pending(), LEAD, 'approve', '');
  const turn = await server.heard('tools/call held');
  stream.drop();
  await caller.ask('tools/list');
  turn.event(answerTo(turn, 'done once'));
  turn.end();
  await until('the end of the approval', () => relay.events('approval.consumed')[0]);
  assert.equal(turn.gone(), false);
  const again = await (await sendModern(relay.endpoint(), token, 'tools/call', held)).message();
  assert.equal(again.result.content[0].text, 'done once');
  assert.equal(server.asked('tools/call held').length, 1);
});

test('in the stateless revision log lines come only to who asked for them', async () => {
  server.on('tools/call', (turn) => {
    turn.stream();
    turn.event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'a line' } });
    turn.event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 'not mine', progress: 1 } });
    turn.event(answerTo(turn, 'done'));
    turn.end();
  });
  const heard = async (meta: object) => {
    const blocks = await (await sendModern(relay.endpoint(), token, 'tools/call', { ...work, _meta: meta })).rest();
    return blocks.map((block) => block.message?.method ?? 'answer');
  };
  assert.deepEqual(await heard({}), ['answer']);
  assert.deepEqual(await heard({ 'io.modelcontextprotocol/logLevel': 'info' }), ['notifications/message', 'answer']);
});
