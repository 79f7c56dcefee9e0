import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { openCaller, sendModern } from '../../../test/support/relay/caller.ts';
import { bench, LEAD, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type Message, type ScriptedServer } from '../../../test/support/relay/upstream.ts';
import { until } from '../../../test/support/until.ts';

const RULES = [
  { name: 'writing-takes-a-lead', review: ['tools/call write', 'tools/call only'], approval: { from: ['group:leads'] } },
  { name: 'brief', review: ['tools/call brief'], approval: { from: ['group:leads'], pending: '500ms' } },
];
const TASKS = { 'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } } };

interface Task {
  readonly resultType?: string;
  readonly taskId: string;
  readonly status: string;
  readonly statusMessage: string;
  readonly pollIntervalMs: number;
  readonly createdAt: string;
  readonly ttlMs: number;
  readonly result: Message['result'];
  readonly error: Message['error'];
  readonly requestState?: string;
}

let server: ScriptedServer;
let relay: Relay;
let tokens: Record<'ann' | 'bob', string>;
let key = 0;

before(async () => {
  server = await startScriptedServer([tool('write', { key: {} }), tool('brief'), { ...tool('only'), execution: { taskSupport: 'required' } }]);
  server.on('tools/call', (turn) => {
    const modern = turn.headers['mcp-method'] === undefined ? {} : { resultType: 'complete' };
    turn.result({ ...modern, ...text(`ran ${JSON.stringify(turn.message.params.arguments)} for someone@example.org`) });
  });
  server.on('initialize', (turn) => {
    const capabilities = { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } };
    const { protocolVersion } = turn.message.params;
    const body = { jsonrpc: '2.0', id: turn.message.id, result: { protocolVersion, capabilities, serverInfo: { name: 's', version: '1' } } };
    turn.json(200, body, { 'mcp-session-id': 'up' });
  });
  const masked = { masks: [{ detect: ['email'] }] };
  relay = await startRelay({ resources: bench(server.url, RULES, {}, masked), times: { pollMs: 50, holdMs: 400, sayEveryMs: 50 } });
  tokens = { ann: await relay.token('ann'), bob: await relay.token('bob') };
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
const runs = (args: object): number =>
  server.asked('tools/call').filter((turn) => JSON.stringify(turn.message.params.arguments) === JSON.stringify(args)).length;
const ask = async (who: keyof typeof tokens, method: string, params: object): Promise<Message & { readonly result: Task }> => {
  const reply = await (await sendModern(relay.endpoint(), tokens[who], method, { ...params, _meta: TASKS })).message();
  // whatever it is, it has the members that the test looks at
  return reply as Message & { readonly result: Task };
};
const begin = async (args: object, name = 'write'): Promise<Task> => (await ask('ann', 'tools/call', { name, arguments: args })).result;
const get = async (taskId: string): Promise<Task> => (await ask('ann', 'tasks/get', { taskId })).result;
const ended = (taskId: string): Promise<Task> =>
  until('the end of the task', async () => ((task) => (task.status === 'working' ? undefined : task))(await get(taskId)));
const isNoTask = (reply: Message): void => assert.deepEqual([reply.error?.code, reply.error?.message], [-32602, 'no such task']);

test('a client that declares tasks gets one at once: who is asked, where, and how often to look; the row is there before', async () => {
  const task = await begin(fresh());
  const id = await relay.pending();
  assert.partialDeepStrictEqual(task, { resultType: 'task', status: 'working', pollIntervalMs: 50 });
  assert.match(task.statusMessage, new RegExp(`^waiting for approval ${id} by group:leads: http.*/approvals/${id}$`));
  assert.ok(Date.parse(task.createdAt) > 0 && task.ttlMs > 0);
  assert.partialDeepStrictEqual(await get(task.taskId), { resultType: 'complete', status: 'working', taskId: task.taskId });
});

test('once people agree it runs, though its caller is gone and asks for nothing; the result waits, masked, and it ran once', async () => {
  const args = fresh();
  const { taskId } = await begin(args);
  const id = await relay.pending();
  assert.equal(runs(args), 0);
  await approve(id);
  await until('the end of the run', async () => (await relay.approvals.get(id))?.status === 'consumed' || undefined);
  assert.equal(runs(args), 1);
  for (const _ of [1, 2]) {
    const task = await ended(taskId);
    assert.equal(task.status, 'completed');
    assert.match(task.result.content[0].text, /^ran .* for (?!someone@)/);
  }
  assert.equal(runs(args), 1);
});

test('the target makes no task of it: it hears an ordinary call', async () => {
  const { taskId } = await begin(fresh());
  await approve(await relay.pending());
  await ended(taskId);
  const sent = JSON.stringify(server.asked('tools/call').at(-1)?.message);
  assert.ok(!sent.includes('io.modelcontextprotocol/tasks'));
});

test('what people refused, and what nobody answered, completes with the words that a call would hear', async () => {
  const refused = await begin(fresh());
  await relay.approvals.answer(await relay.pending(), LEAD, 'deny', 'not on a Friday');
  const denied = await ended(refused.taskId);
  assert.equal(denied.result.isError, true);
  assert.match(denied.result.content[0].text, /APPROVAL_DENIED.*writing-takes-a-lead.*not on a Friday/);
  const late = await ended((await begin({}, 'brief')).taskId);
  assert.match(late.result.content[0].text, /APPROVAL_EXPIRED.*"brief".*Call again/);
});

test('an error of the target is the error of the task', async (t) => {
  server.on('tools/call write', (turn) => turn.json(200, { jsonrpc: '2.0', id: turn.message.id, error: { code: -32000, message: 'broken' } }));
  t.after(() =>
    server.on('tools/call write', (turn) => turn.result({ resultType: 'complete', ...text(`ran ${JSON.stringify(turn.message.params.arguments)}`) })),
  );
  const { taskId } = await begin(fresh());
  await approve(await relay.pending());
  const task = await ended(taskId);
  assert.deepEqual([task.status, task.error.code, task.error.message], ['failed', -32000, 'broken']);
});

test('to cancel the task is to withdraw the request: people can answer it no more, and it does not run', async () => {
  const args = fresh();
  const { taskId } = await begin(args);
  const id = await relay.pending();
  assert.deepEqual((await ask('ann', 'tasks/cancel', { taskId })).result, { resultType: 'complete' });
  assert.equal((await get(taskId)).status, 'cancelled');
  assert.equal((await relay.approvals.get(id))?.status, 'withdrawn');
  await assert.rejects(approve(id), /withdrawn/);
  assert.equal(runs(args), 0);
});

test('it takes no input: an update is refused', async () => {
  const { taskId } = await begin(fresh());
  const reply = await ask('ann', 'tasks/update', { taskId, inputResponses: {} });
  assert.deepEqual([reply.error.code, reply.error.message], [-32602, 'this task takes no input: people answer it']);
});

test('a task is its caller alone, as it was given out; the target is asked about none', async (t) => {
  relay.setResources(bench(server.url, [...RULES, { allow: ['tasks/*', 'subscriptions/listen'] }]));
  t.after(() => relay.setResources(bench(server.url, RULES, {}, { masks: [{ detect: ['email'] }] })));
  const { taskId } = await begin(fresh());
  const id = await relay.pending();
  for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
    const params = { taskId, inputResponses: {} };
    isNoTask(await ask('bob', method, params));
    isNoTask(await ask('ann', method, { ...params, taskId: `${taskId.slice(0, -4)}AAAA` }));
    isNoTask(await ask('ann', method, { ...params, taskId: id }));
    assert.equal(server.asked(method).length, 0);
  }
  assert.equal((await relay.approvals.get(id))?.status, 'pending');
  const listen = await sendModern(relay.endpoint(), tokens.bob, 'subscriptions/listen', { notifications: { taskIds: [taskId] } });
  isNoTask(await listen.message());
  assert.equal(server.asked('subscriptions/listen').length, 0);
});

test('what the task would run is decided whenever it is looked at', async () => {
  const { taskId } = await begin(fresh());
  relay.setResources(bench(server.url, [...RULES, { deny: ['tools/call write'] }]));
  isNoTask(await ask('ann', 'tasks/get', { taskId }));
  relay.setResources(bench(server.url, RULES, {}, { masks: [{ detect: ['email'] }] }));
  assert.equal((await get(taskId)).status, 'working');
});

test('a task outlives the gateway: granted meanwhile, it runs when its caller looks, once', async () => {
  const args = fresh();
  const { taskId } = await begin(args);
  const id = await relay.pending();
  await relay.restart();
  assert.equal((await get(taskId)).status, 'working');
  await approve(id);
  assert.equal(runs(args), 0);
  const tasks = await Promise.all([ended(taskId), ended(taskId)]);
  for (const task of tasks) assert.match(task.result.content[0].text, /^ran/);
  assert.equal(runs(args), 1);
});

test('after the gateway was gone, what people said yes to under another policy is not run', async () => {
  const args = fresh();
  const { taskId } = await begin(args);
  const id = await relay.pending();
  await relay.restart();
  await approve(id);
  relay.setResources(bench(server.url, [...RULES, { allow: ['tools/call free'] }]));
  const task = await ended(taskId);
  assert.match(task.result.content[0].text, /DENIED\. Not executed\. the policy changed/);
  relay.setResources(bench(server.url, RULES, {}, { masks: [{ detect: ['email'] }] }));
  assert.equal(runs(args), 0);
});

test('the record names the approval, never the id that carries the call', async () => {
  const secret = { key: 'carried-in-the-id' };
  const { taskId } = await begin(secret);
  await get(taskId);
  const polls = relay.recorded.filter(({ event }) => event.command?.name === 'tasks/get');
  assert.ok(polls.length > 0);
  for (const { bodies } of relay.recorded) for (const body of bodies) assert.ok(!body.text.includes(taskId));
});

test('a call that is too large to be carried in an id is held on the line instead', async () => {
  const { result } = await ask('ann', 'tools/call', { name: 'write', arguments: { key: 'x'.repeat(8000) } });
  assert.notEqual(result.resultType, 'task');
});

test('revision 2025-11-25: SDK 1.x gets a task where it asks for one, and its result once people agree', async () => {
  const client = new Client1({ name: 'sallyport-test', version: '1.0.0' });
  await client.connect(new Transport1(new URL(relay.endpoint()), { requestInit: { headers: { authorization: `Bearer ${tokens.ann}` } } }));
  const args = fresh();
  const seen: string[] = [];
  let last = '';
  for await (const message of client.experimental.tasks.callToolStream({ name: 'write', arguments: args }, CallToolResultSchema, { task: { ttl: 60_000 } })) {
    seen.push(message.type);
    if (message.type === 'taskCreated') await approve(await relay.pending());
    if (message.type === 'result') last = JSON.stringify(message.result);
  }
  assert.equal(seen[0], 'taskCreated');
  assert.match(last, /ran \{/);
  assert.equal(runs(args), 1);
  assert.equal(server.asked('tasks/get').length + server.asked('tasks/result').length, 0);
  await client.close();
});

test('revision 2025-11-25: its task can be cancelled, and its result waits until there is one', async () => {
  const caller = await openCaller(relay.endpoint(), tokens.ann, { version: '2025-11-25' });
  const call = (args: object) => caller.ask('tools/call', { name: 'write', arguments: args, task: { ttl: 60_000 } });
  const { taskId } = (await call(fresh())).result.task;
  assert.match((await caller.ask('tasks/result', { taskId })).error.message, /not yet: waiting for approval/);
  const cancelled = await caller.ask('tasks/cancel', { taskId });
  assert.partialDeepStrictEqual(cancelled.result, { taskId, status: 'cancelled' });
  const other = (await call(fresh())).result.task;
  const waiting = caller.ask('tasks/result', other);
  await approve(await relay.pending());
  assert.match((await waiting).result.content[0].text, /^ran/);
  assert.match((await caller.ask('tasks/cancel', other)).error.message, /too late/);
});

test('revision 2025-11-25: a tool that can only be a task is held, and makes its own', async () => {
  const caller = await openCaller(relay.endpoint(), tokens.ann, { version: '2025-11-25' });
  server.on('tools/call only', (turn) => turn.result({ task: { taskId: 'of-the-target', status: 'working' } }));
  const call = () => caller.ask('tools/call', { name: 'only', arguments: {}, task: {} });
  const held = call();
  await approve(await relay.pending());
  assert.equal((await held).result.task.taskId, 'of-the-target');
});
