import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openCaller, sendModern, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type Message, type ScriptedServer } from '../../../test/support/relay/upstream.ts';

const RULES = [{ allow: ['tools/*', 'tasks/*'] }];

let server: ScriptedServer;
let relay: Relay;
let tokens: Record<'ann' | 'bob', string>;
let ann: Caller;
let bob: Caller;
let made = 0;

before(async () => {
  server = await startScriptedServer([tool('long')]);
  server.on('tools/call', (turn) => {
    const task = { taskId: `task-${(made += 1)}`, status: 'working' };
    turn.result(turn.headers['mcp-method'] === undefined ? { task } : { resultType: 'task', ...task });
  });
  server.on('tasks/list', (turn) => turn.result({ tasks: Array.from({ length: made }, (_, at) => ({ taskId: `task-${at + 1}`, status: 'working' })) }));
  for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update'])
    server.on(method, (turn) => turn.result({ taskId: turn.message.params.taskId, status: 'working' }));
  server.on('tasks/result', (turn) => turn.result(text('the result')));
  relay = await startRelay({ resources: bench(server.url, RULES) });
  tokens = { ann: await relay.token('ann'), bob: await relay.token('bob') };
  ann = await openCaller(relay.endpoint(), tokens.ann, { version: '2025-11-25' });
  bob = await openCaller(relay.endpoint(), tokens.bob, { version: '2025-11-25' });
});
after(async () => {
  await relay.stop();
  await server.close();
});
beforeEach(() => relay.setResources(bench(server.url, RULES)));

const begin = async (who: Caller): Promise<string> => (await who.ask('tools/call', { name: 'long', arguments: {}, task: { ttl: 60_000 } })).result.task.taskId;
const modern = async (who: keyof typeof tokens, method: string, params: object): Promise<Message> =>
  (await sendModern(relay.endpoint(), tokens[who], method, params)).message();

function isNoTask(reply: Message): void {
  assert.deepEqual([reply.error?.code, reply.error?.message], [-32602, 'no such task']);
}

test('a task is of whoever started it: others cannot see, await or cancel it, and the target is not asked', async () => {
  const taskId = await begin(ann);
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
    assert.ok((await ann.ask(method, { taskId })).result, method);
    const asked = server.asked(method).length;
    isNoTask(await bob.ask(method, { taskId }));
    isNoTask(await ann.ask(method, { taskId: 'task-of-nobody' }));
    isNoTask(await ann.ask(method, {}));
    assert.equal(server.asked(method).length, asked);
  }
});

test('each subject lists its own tasks', async () => {
  const [hers, his] = [await begin(ann), await begin(bob)];
  const listed = async (who: Caller): Promise<string[]> => (await who.ask('tasks/list')).result.tasks.map(({ taskId }) => taskId);
  assert.ok((await listed(ann)).includes(hers) && !(await listed(ann)).includes(his));
  assert.deepEqual(await listed(bob), [his]);
});

test('the result is decided again: what started the task must still be allowed', async () => {
  const taskId = await begin(ann);
  assert.equal((await ann.ask('tasks/result', { taskId })).result.content[0].text, 'the result');
  relay.setResources(bench(server.url, [...RULES, { deny: ['tools/call long'] }]));
  // Another policy is another snapshot, but the same target: what it started is not forgotten.
  isNoTask(await ann.ask('tasks/result', { taskId }));
  relay.setResources(bench(server.url, RULES));
  assert.equal((await ann.ask('tasks/result', { taskId })).result.content[0].text, 'the result');
});

test('the later generation binds its tasks alike', async () => {
  const started = await modern('ann', 'tools/call', { name: 'long', arguments: {} });
  const { taskId, resultType } = started.result;
  assert.equal(resultType, 'task');
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    assert.equal((await modern('ann', method, { taskId })).result.taskId, taskId, method);
    const asked = server.asked(method).length;
    isNoTask(await modern('bob', method, { taskId }));
    assert.equal(server.asked(method).length, asked);
  }
  relay.setResources(bench(server.url, [...RULES, { deny: ['tools/call long'] }]));
  isNoTask(await modern('ann', 'tasks/get', { taskId }));
  assert.equal((await modern('ann', 'tasks/list', {})).error.code, -32601);
});
