/** What clients that know tasks see of the gateway's own: the announcement, the list, the news, and a whole call by the SDK's extension. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { JsonValue as Json } from '@modelcontextprotocol/ext-tasks/core';
import { createTaskSessionFromClient, resultFromTaskOutcome } from '@modelcontextprotocol/ext-tasks/client';
import { openCaller, sendModern } from '../../../test/support/relay/caller.ts';
import { bench, LEAD, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type Message, type ScriptedServer } from '../../../test/support/relay/upstream.ts';

const HELD = [{ name: 'writing-takes-a-lead', review: ['tools/call write'], approval: { from: ['group:leads'] } }];
const REST = [{ name: 'the-rest', allow: ['tools/*', 'tasks/*', 'subscriptions/listen'] }];
const EXTENSION = 'io.modelcontextprotocol/tasks';
const CAPABILITIES = { extensions: { [EXTENSION]: {} } };
const TASKS = { 'io.modelcontextprotocol/clientCapabilities': CAPABILITIES };
const INFO = { name: 'sallyport-test', version: '1.0.0' };

let server: ScriptedServer;
let relay: Relay;
let ann: string;
let bob: string;
let key = 0;

before(async () => {
  server = await startScriptedServer([tool('write', { key: {} }), tool('free')]);
  server.on('server/discover', (turn) =>
    turn.result({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      serverInfo: INFO,
      ttlMs: 60_000,
      cacheScope: 'public',
    }),
  );
  server.on('tools/list', (turn) =>
    turn.result({ resultType: 'complete', tools: [tool('write', { key: {} }), tool('free')], ttlMs: 0, cacheScope: 'private' }),
  );
  server.on('tools/call', (turn) => {
    const era = turn.headers['mcp-method'] === undefined ? {} : { resultType: 'complete' };
    turn.result({ ...era, ...text(`ran ${JSON.stringify(turn.message.params.arguments)}`) });
  });
  server.on('subscriptions/listen', (turn) => {
    turn.stream();
    turn.event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: {} });
  });
  relay = await startRelay({ resources: bench(server.url, [...HELD, ...REST]), times: { pollMs: 50 } });
  [ann, bob] = [await relay.token('ann'), await relay.token('bob')];
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
const ask = async (method: string, params: object, token = ann): Promise<Message> =>
  (await sendModern(relay.endpoint(), token, method, { ...params, _meta: TASKS })).message();
const begin = async (): Promise<string> => (await ask('tools/call', { name: 'write', arguments: fresh() })).result.taskId;

test('tasks are announced where people may be asked, and not where nothing is ever held', async () => {
  const announced = async (): Promise<unknown> => (await ask('server/discover', {})).result;
  assert.partialDeepStrictEqual(await announced(), { capabilities: { tools: {}, extensions: { [EXTENSION]: {} } } });
  relay.setResources(bench(server.url, REST));
  assert.doesNotMatch(JSON.stringify(await announced()), /extensions/);
  relay.setResources(bench(server.url, [...HELD, ...REST]));
});

test('the tasks extension of SDK 2.x at its defaults: its program calls once, waits for people, and has the result', async () => {
  const client = new Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(relay.endpoint()), { requestInit: { headers: { authorization: `Bearer ${ann}` } } }));
  const session = createTaskSessionFromClient(client, {
    endpointId: 'bench',
    v2RequestFraming: { protocolVersion: '2026-07-28', clientInfo: INFO, clientCapabilities: CAPABILITIES },
    async rawDispatch(request) {
      // what the extension sends is a request
      const { method, params } = request as { readonly method: string; readonly params: object };
      const reply = await (await sendModern(relay.endpoint(), ann, method, params)).message();
      // read from JSON, and never both
      const { result, error } = reply as unknown as { readonly result: Json; readonly error?: { readonly code: number; readonly message: string } };
      return error === undefined ? { kind: 'result', result } : { kind: 'error', error };
    },
  });
  const args = fresh();
  const execution = await session.callTool('write', args);
  const settled = execution.settle();
  assert.equal(server.asked('tools/call').length, 0);
  await approve(await relay.pending());
  const { outcome } = await settled;
  assert.match(JSON.stringify(resultFromTaskOutcome(outcome)), /ran \{/);
  assert.equal(server.asked('tools/call').length, 1);
  assert.equal(server.asked('tasks/get').length, 0);
  await session.close();
  await client.close();
});

test("revision 2025-11-25: a list has the caller's own tasks by their ids, whether or not the target has any, and nobody else's", async () => {
  const caller = async (token: string) => openCaller(relay.endpoint(), token, { version: '2025-11-25' });
  const [hers, his] = [await caller(ann), await caller(bob)];
  const { taskId } = (await hers.ask('tools/call', { name: 'write', arguments: fresh(), task: { ttl: 60_000 } })).result.task;
  const listed = async (who: typeof hers): Promise<readonly { readonly taskId: string; readonly status?: string }[]> =>
    (await who.ask('tasks/list')).result.tasks;
  const find = async () => (await listed(hers)).find((task) => task.taskId === taskId);
  assert.equal((await find())?.status, 'working');
  assert.equal((await his.ask('tasks/list')).error.code, -32601);
  server.on('tasks/list', (turn) => turn.result({ tasks: [] }));
  assert.equal((await find())?.status, 'working');
  assert.deepEqual(await listed(his), []);
  await hers.ask('tasks/cancel', { taskId });
  assert.equal((await find())?.status, 'cancelled');
  const kept = relay.recorded.flatMap(({ bodies }) => bodies).map((body) => body.text);
  assert.ok(
    kept.every((body) => !body.includes(taskId)),
    'the record names approvals',
  );
});

test("a subscription hears of the changes of the gateway's own tasks, and the target is not asked about them", async () => {
  const taskId = await begin();
  const id = await relay.pending();
  const stream = await sendModern(relay.endpoint(), ann, 'subscriptions/listen', {
    notifications: { taskIds: [taskId], toolsListChanged: true },
    _meta: TASKS,
  });
  assert.equal((await stream.message()).method, 'notifications/subscriptions/acknowledged');
  assert.doesNotMatch(JSON.stringify(server.asked('subscriptions/listen').at(-1)?.message), /taskIds/);
  await approve(id);
  const statuses: unknown[] = [];
  while (statuses.at(-1) !== 'completed') {
    const { method, params } = await stream.message();
    assert.equal(method, 'notifications/tasks');
    assert.equal(params.taskId, taskId);
    assert.equal(params._meta['io.modelcontextprotocol/subscriptionId'], 1);
    statuses.push((params as { readonly status?: unknown }).status);
  }
  stream.drop();
});

test('a subscription to a task of somebody else is refused as one to a task that is none', async () => {
  const taskId = await begin();
  const reply = await ask('subscriptions/listen', { notifications: { taskIds: [taskId] } }, bob);
  assert.deepEqual([reply.error.code, reply.error.message], [-32602, 'no such task']);
});
