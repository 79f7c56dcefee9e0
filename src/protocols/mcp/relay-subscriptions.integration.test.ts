import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCaller, sendModern, type Caller, type Stream } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, type ScriptedServer, type Turn } from '../../../test/support/relay/upstream.ts';
import { until } from '../../../test/support/until.ts';

const RULES = [
  {
    allow: [
      'subscriptions/listen',
      'stream/listen',
      'completion/complete',
      'resources/read file:///open/*',
      'prompts/get open',
      'resources/subscribe file:///open/*',
    ],
  },
];
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

let server: ScriptedServer;
let relay: Relay;
let token: string;
let caller: Caller;
let told: Turn | undefined;

before(async () => {
  server = await startScriptedServer();
  server.on('subscriptions/listen', (turn) => {
    told = turn;
    turn.stream();
    turn.event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { _meta: { [SUBSCRIPTION]: turn.message.id } } });
  });
  server.on('GET', (turn) => {
    told = turn;
    turn.stream();
    turn.event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  });
  server.on('completion/complete', (turn) => turn.result({ completion: { values: ['a'] } }));
  server.on('resources/subscribe', (turn) => turn.result({}));
  relay = await startRelay({ resources: bench(server.url, RULES) });
  token = await relay.token('ann');
  caller = await openCaller(relay.endpoint(), token);
});
after(async () => {
  await relay.stop();
  await server.close();
});
beforeEach(() => relay.setResources(bench(server.url, RULES)));

const listen = (uris: readonly string[], who = token): Promise<Stream> =>
  sendModern(relay.endpoint(), who, 'subscriptions/listen', { notifications: { toolsListChanged: true, resourceSubscriptions: uris } });

test('every resource that a subscription names is decided: one that may not be read refuses it', async () => {
  const stream = await listen(['file:///open/a', 'file:///open/b']);
  assert.equal((await stream.message()).method, 'notifications/subscriptions/acknowledged');
  told?.event({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'file:///open/a', _meta: { [SUBSCRIPTION]: 1 } } });
  assert.equal((await stream.message()).params.uri, 'file:///open/a');
  stream.drop();
  await until('the end at the target', () => told?.gone() || undefined);
  const asked = server.asked('subscriptions/listen').length;
  const refused = await (await listen(['file:///open/a', 'file:///closed/b'])).message();
  assert.deepEqual([refused.error.code, server.asked('subscriptions/listen').length], [403, asked]);
});

test('a subscriber that leaves is no failure of the target', async () => {
  const failures = relay.events('command.failed').length;
  const closed = (): number => relay.events('reply.received').filter((event) => event.outcome?.status === 'closed').length;
  const before = closed();
  const stream = await listen([]);
  await stream.message();
  stream.drop();
  await until('the record of its end', () => closed() > before || undefined);
  assert.equal(relay.events('command.failed').length, failures);
});

test('when the policy changes the stream ends with a result, and the target is hung up on', async () => {
  const stream = await listen(['file:///open/a']);
  await stream.message();
  relay.setResources(bench(server.url, [...RULES, { deny: ['resources/read file:///open/a'] }]));
  const rest = await stream.rest();
  assert.deepEqual(rest.at(-1)?.message, { jsonrpc: '2.0', id: 1, result: { resultType: 'complete', _meta: { [SUBSCRIPTION]: 1 } } });
  await until('the end at the target', () => told?.gone() || undefined);
  assert.equal((await (await listen(['file:///open/a'])).message()).error.code, 403);
});

test('when the token ends the stream ends as well', async () => {
  const brief = await relay.token('ann', { ttlMs: 2000 });
  const stream = await listen([], brief);
  await stream.message();
  const rest = await stream.rest();
  assert.equal(rest.at(-1)?.message?.result.resultType, 'complete');
  await until('the end at the target', () => told?.gone() || undefined);
});

test('the stream of a session ends in the same way, without a message', async () => {
  const stream = await caller.listen();
  assert.equal((await stream.message()).method, 'notifications/tools/list_changed');
  relay.setResources(bench(server.url, [...RULES, { deny: ['stream/listen'] }]));
  assert.deepEqual(
    (await stream.rest()).filter((block) => block.message),
    [],
  );
  await until('the end at the target', () => told?.gone() || undefined);
  assert.equal((await caller.listen()).status, 405);
});

test('a quiet subscription outlives the time that a reply may take', async () => {
  relay.setResources(bench(server.url, RULES, { limits: { replyMs: 100 } }));
  const stream = await listen([]);
  await stream.message();
  // undici looks at its time-outs about once a second.
  await sleep(1500);
  told?.event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { _meta: { [SUBSCRIPTION]: 1 } } });
  assert.equal((await stream.message()).method, 'notifications/tools/list_changed');
  stream.drop();
});

test('a completion needs what it completes: the prompt or the resource', async () => {
  const complete = (ref: object) => caller.ask('completion/complete', { ref, argument: { name: 'x', value: 'a' } });
  for (const ref of [
    { type: 'ref/prompt', name: 'open' },
    { type: 'ref/resource', uri: 'file:///open/{name}' },
  ])
    assert.deepEqual((await complete(ref)).result.completion.values, ['a']);
  const asked = server.asked('completion/complete').length;
  for (const ref of [
    { type: 'ref/prompt', name: 'closed' },
    { type: 'ref/resource', uri: 'file:///closed/{name}' },
  ])
    assert.equal((await complete(ref)).error.code, 403);
  assert.equal(server.asked('completion/complete').length, asked);
});

test('a subscription of a session is decided by its address', async () => {
  assert.ok((await caller.ask('resources/subscribe', { uri: 'file:///open/a' })).result);
  assert.equal((await caller.ask('resources/subscribe', { uri: 'file:///closed/a' })).error.code, 403);
  assert.equal((await caller.ask('resources/subscribe', { uri: 'file:///open/../closed/a' })).error.code, -32602);
  assert.equal(server.asked('resources/subscribe').length, 1);
});
