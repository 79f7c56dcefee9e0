import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openCaller, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { answerTo, startScriptedServer, tool, type Message, type ScriptedServer } from '../../../test/support/relay/upstream.ts';

let server: ScriptedServer;
let relay: Relay;
let caller: Caller;

before(async () => {
  server = await startScriptedServer([tool('free'), tool('streamed'), tool('secret')]);
  server.on('tools/call', (turn) => turn.json(200, answerTo(turn, 'json')));
  server.on('tools/call streamed', (turn) => {
    turn.stream();
    turn.event(answerTo(turn, 'event'));
    turn.end();
  });
  relay = await startRelay({ resources: bench(server.url, [{ allow: ['tools/*'] }, { deny: ['tools/call secret'] }]) });
  caller = await openCaller(relay.endpoint(), await relay.token('ann'), { version: '2025-03-26' });
});
after(async () => {
  await relay.stop();
  await server.close();
});

const call = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } });
const told = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

async function answers(batch: readonly object[]): Promise<Map<number, Message>> {
  const blocks = await (await caller.send(batch)).rest();
  return new Map(blocks.flatMap(({ message }) => (typeof message?.id === 'number' ? [[message.id, message]] : [])));
}

test('each element of a batch is decided, forwarded and answered by itself', async () => {
  const got = await answers([call(1, 'free'), call(2, 'secret'), told, call(3, 'streamed'), call(4, 'nothing')]);
  assert.deepEqual(new Set(got.keys()), new Set([1, 2, 3, 4]));
  assert.equal(got.get(1)?.result.content[0].text, 'json');
  assert.match(got.get(2)?.result.content[0].text ?? '', /^DENIED/);
  assert.equal(got.get(3)?.result.content[0].text, 'event');
  assert.equal(got.get(4)?.error.code, -32602);
  assert.equal(server.asked('tools/call secret').length, 0);
  assert.ok(server.turns.every((turn) => !Array.isArray(turn.message)));
  assert.equal(relay.events('command.refused').filter((event) => event.command?.name === 'tools/call secret').length, 1);
});

test('a batch of nothing but notifications is taken with 202 and no body; denied ones go no further', async () => {
  const before = server.turns.length;
  const reply = await caller.send([told, { jsonrpc: '2.0', method: 'notifications/unheard-of' }]);
  assert.deepEqual([reply.status, await reply.rest()], [202, []]);
  assert.deepEqual(
    server.turns.slice(before).map((turn) => turn.message.method),
    ['notifications/roots/list_changed'],
  );
});

test('an element that fails takes no other with it', async () => {
  server.on('tools/call free', (turn) => void turn.response.writeHead(500).end());
  const got = await answers([call(1, 'free'), call(2, 'streamed')]);
  assert.match(got.get(1)?.error.message ?? '', /HTTP 500/);
  assert.equal(got.get(2)?.result.content[0].text, 'event');
});

test('a batch with initialize, with nothing or with a request without id is refused as a whole', async () => {
  const before = server.turns.length;
  const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} };
  for (const batch of [[initialize, call(2, 'streamed')], [], [told, { jsonrpc: '2.0', method: 'tools/call', params: { name: 'streamed' } }], [1]]) {
    assert.equal((await caller.send(batch)).status, 400);
  }
  assert.equal(server.turns.length, before);
});

test('later revisions have no batches', async () => {
  const before = server.turns.length;
  for (const version of ['2025-06-18', '2025-11-25', '2026-07-28']) {
    assert.equal((await caller.send([call(1, 'streamed')], { 'mcp-protocol-version': version })).status, 400);
  }
  assert.equal(server.turns.length, before);
});
