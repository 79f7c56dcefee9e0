/** What people agree to is what runs: every leg of a call that asks on the way, and nothing that travels beside it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CLIENT_KINDS, readable } from '../../../test/support/clients.ts';
import { openCaller, sendModern } from '../../../test/support/relay/caller.ts';
import { bench, LEAD, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { answerTo, startScriptedServer, text, tool, type Message, type ScriptedServer, type Turn } from '../../../test/support/relay/upstream.ts';
import { until } from '../../../test/support/until.ts';

const RULES = [
  { name: 'writing-takes-a-lead', review: ['tools/call write', 'tools/call long'], approval: { from: ['group:leads'] } },
  { name: 'the-rest', allow: ['tools/call free', 'tools/list', 'tasks/*', 'elicitation/create'] },
];
const TOOLS = ['write', 'free', 'long'].map((name) => tool(name, { key: {} }));
const ACCEPT = { who: { action: 'accept', content: { name: 'ann' } } };
const DECLINE = { who: { action: 'decline' } };
const QUESTION = { method: 'elicitation/create', params: { message: 'who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } } };

let server: ScriptedServer;
let relay: Relay;
let ann: string;
let key = 0;

before(async () => {
  server = await startScriptedServer(TOOLS);
  server.on('server/discover', (turn) =>
    turn.result({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      serverInfo: { name: 's', version: '1' },
      ttlMs: 0,
      cacheScope: 'private',
    }),
  );
  server.on('tools/list', (turn) => turn.result({ resultType: 'complete', tools: TOOLS, ttlMs: 0, cacheScope: 'private' }));
  server.on('tools/call', ask);
  server.on('tools/call long', (turn) => turn.result({ resultType: 'task', taskId: `task-${(key += 1)}`, status: 'working' }));
  server.on('tasks/update', (turn) => turn.result({ resultType: 'complete' }));
  relay = await startRelay({ resources: bench(server.url, RULES), times: { holdMs: 30_000, sayEveryMs: 1000 } });
  ann = await relay.token('ann');
});
after(async () => {
  await relay.stop();
  await server.close();
});

/** Asks who it is for, and then says so: as a server of revision 2026-07-28 with a state of its own. */
function ask(turn: Turn): void {
  const { requestState, inputResponses } = inputOf(turn);
  if (requestState === undefined) turn.result({ resultType: 'input_required', requestState: 'state of the target', inputRequests: { who: QUESTION } });
  else turn.result({ resultType: 'complete', ...text(`ran for ${JSON.stringify(inputResponses)} in ${requestState}`) });
}

interface Input {
  readonly requestState?: string;
  readonly inputResponses?: object;
}
/** What the target was sent beside name and arguments. */
const inputOf = ({ message }: Turn): Input => message.params as Input;
const fresh = () => ({ key: `k${(key += 1)}` });
const send = async (params: object, headers: Record<string, string> = {}): Promise<Message> => {
  const blocks = await (await sendModern(relay.endpoint(), ann, 'tools/call', { name: 'write', ...params }, headers)).rest();
  return blocks.at(-1)?.message ?? assert.fail('no answer');
};
const legs = (args: object): readonly Turn[] =>
  server.asked('tools/call').filter(({ message }) => JSON.stringify(message.params.arguments) === JSON.stringify(args));

/** Answers the one approval that waits, and gives what its approver saw. */
async function answer(reply: Promise<Message>, how: 'approve' | 'deny'): Promise<{ message: Message; shown: string; id: string }> {
  const id = await relay.pending();
  const { shown } = (await relay.approvals.get(id)) ?? assert.fail('no approval');
  await relay.approvals.answer(id, LEAD, how, '');
  return { message: await reply, shown, id };
}

test('each leg of a call that asks on the way is agreed to by itself: the approver sees the answers, and exactly those run', async () => {
  const args = fresh();
  const first = await answer(send({ arguments: args }), 'approve');
  assert.deepEqual(JSON.parse(first.shown), { command: 'tools/call write', arguments: args });
  assert.deepEqual([first.message.result.resultType, first.message.result.inputRequests], ['input_required', { who: QUESTION }]);
  const input = { inputResponses: ACCEPT, requestState: 'state of the target' };
  const second = await answer(send({ arguments: args, ...input }), 'approve');
  assert.notEqual(second.id, first.id);
  assert.deepEqual(JSON.parse(second.shown), { command: 'tools/call write', arguments: args, input });
  assert.match(second.message.result.content[0].text, /ran for .*accept.* in state of the target/);
  assert.deepEqual(
    legs(args)
      .map(inputOf)
      .map(({ inputResponses }) => inputResponses),
    [undefined, ACCEPT],
  );
});

test('a yes to one answer is none to another, to another state, or to an answer where there was none', async () => {
  const args = fresh();
  const input = { inputResponses: ACCEPT, requestState: 'state of the target' };
  await answer(send({ arguments: args, ...input }), 'approve');
  for (const other of [
    { ...input, inputResponses: DECLINE },
    { ...input, requestState: 'forged' },
    { inputResponses: ACCEPT },
    { requestState: 'state of the target' },
    {},
  ]) {
    const { message } = await answer(send({ arguments: args, ...other }), 'deny');
    assert.match(message.result.content[0].text, /APPROVAL_DENIED/);
  }
  assert.equal(legs(args).length, 1);
  assert.match((await send({ arguments: args, ...input })).result.content[0].text, /ran for .*accept/);
  assert.equal(legs(args).length, 1);
});

test('a leg that is sent again hears what it was told, and the next leg still goes on', async () => {
  const args = fresh();
  const first = await answer(send({ arguments: args }), 'approve');
  assert.deepEqual((await send({ arguments: args })).result.inputRequests, first.message.result.inputRequests);
  assert.equal(legs(args).length, 1);
  const input = { inputResponses: ACCEPT, requestState: 'state of the target' };
  const { message } = await answer(send({ arguments: args, ...input }), 'approve');
  assert.equal((await send({ arguments: args, ...input })).result.content[0].text, message.result.content[0].text);
  assert.equal(legs(args).length, 2);
});

test('SDK 2.x at its defaults: its program calls once, two people-approved legs run, and it has the result', async () => {
  const modern = CLIENT_KINDS.find(({ era }) => era === 'modern') ?? assert.fail('no modern client');
  const client = await modern.connect(relay.endpoint(), ann);
  const args = fresh();
  const call = client.call('write', args);
  for (const leg of [1, 2]) {
    await relay.approvals.answer(await relay.pending(), LEAD, 'approve', '');
    await until(`leg ${leg}`, () => (legs(args).length === leg ? true : undefined));
  }
  assert.match(readable(await call), /ran for .*filled-in-by-the-client/);
  await client.close();
});

test('what travels beside the arguments and nobody saw stays behind in an approved call, and travels in one that needs none', async () => {
  const beside = { _meta: { 'vendor/force': true, progressToken: 7, traceparent: '00-a-b-01' }, dryRun: false };
  const params = async (name: string): Promise<object> => {
    const args = fresh();
    const reply = send({ name, arguments: args, requestState: 's', ...beside });
    if (name === 'write') await answer(reply, 'approve');
    await reply;
    return legs(args)[0]?.message.params ?? assert.fail('nothing was sent');
  };
  const approved = await params('write');
  assert.deepEqual(Object.keys(approved).toSorted(), ['_meta', 'arguments', 'name', 'requestState']);
  assert.doesNotMatch(JSON.stringify(approved), /vendor|dryRun/);
  assert.partialDeepStrictEqual(approved, { _meta: { progressToken: 7, traceparent: '00-a-b-01' } });
  assert.partialDeepStrictEqual(await params('free'), beside);
});

test('a header that no schema declares is part of what is approved', async () => {
  const args = fresh();
  const call = { arguments: args, requestState: 's' };
  const { shown } = await answer(send(call, { 'mcp-param-region': 'eu' }), 'approve');
  assert.match(shown, /"headers":\{"region":"eu"\}/);
  await answer(send(call, { 'mcp-param-region': 'us' }), 'deny');
  assert.deepEqual(
    legs(args).map(({ headers }) => headers['mcp-param-region']),
    ['eu'],
  );
});

test('more input for a task takes approval where its call did', async () => {
  const started = await answer(send({ name: 'long', arguments: {} }), 'approve');
  const { taskId } = started.message.result;
  const update = (): Promise<Message> =>
    sendModern(relay.endpoint(), ann, 'tasks/update', { taskId, inputResponses: DECLINE }).then((stream) => stream.message());
  const refused = await answer(update(), 'deny');
  assert.match(refused.shown, /"command":"tasks\/update".*"inputResponses":\{"who":\{"action":"decline"\}\}/);
  assert.equal(server.asked('tasks/update').length, 0);
  const granted = await answer(
    sendModern(relay.endpoint(), ann, 'tasks/update', { taskId, inputResponses: ACCEPT }).then((stream) => stream.message()),
    'approve',
  );
  assert.equal(granted.message.result.resultType, 'complete');
  assert.deepEqual(
    server
      .asked('tasks/update')
      .map(inputOf)
      .map(({ inputResponses }) => inputResponses),
    [ACCEPT],
  );
});

test('in the older revisions an approved call is not asked more on the way, and one that needs no approval is', async () => {
  for (const name of ['write', 'free']) {
    let question: Turn | undefined;
    server.on(`tools/call ${name}`, (turn) => {
      question = turn;
      turn.stream();
      turn.event({ jsonrpc: '2.0', id: 'ask-1', ...QUESTION });
    });
    server.on('answer', (turn) => {
      turn.response.writeHead(202).end();
      if (question) question.event(answerTo(question, JSON.stringify(turn.message)));
      question?.end();
    });
    const caller = await openCaller(relay.endpoint(), ann);
    const stream = await caller.begin('tools/call', { name, arguments: fresh() }, 'c');
    if (name === 'write') await relay.approvals.answer(await relay.pending(), LEAD, 'approve', '');
    let message = await stream.message();
    if (message.method === 'elicitation/create') {
      assert.equal(name, 'free');
      await caller.send({ jsonrpc: '2.0', id: message.id, result: { by: 'the client' } });
      message = await stream.message();
    }
    assert.match(message.result.content[0].text, name === 'free' ? /by.*the client/ : /does not allow/);
  }
});
