import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openCaller, sendModern, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { answerTo, startScriptedServer, tool, type Message, type ScriptedServer, type Turn } from '../../../test/support/relay/upstream.ts';

const EVERYTHING = { allow: ['*', 'tools/*', 'stream/listen'] };
const LITERAL = { allow: ['sampling/createMessage', 'roots/list', 'elicitation/create', 'elicitation/create https://auth.example.com/*'] };

let server: ScriptedServer;
let relay: Relay;
let caller: Caller;
let call: Turn | undefined;
let asking: object;

before(async () => {
  server = await startScriptedServer([tool('work')]);
  server.on('tools/call', (turn) => {
    call = turn;
    turn.stream();
    turn.event({ jsonrpc: '2.0', id: 'ask-1', ...asking });
  });
  // The call ends with what its question was answered.
  server.on('answer', (turn) => {
    turn.response.writeHead(202).end();
    if (call) call.event(answerTo(call, JSON.stringify(turn.message)));
    call?.end();
  });
  relay = await startRelay({ resources: bench(server.url, [EVERYTHING, LITERAL]) });
  caller = await openCaller(relay.endpoint(), await relay.token('ann'));
});
after(async () => {
  await relay.stop();
  await server.close();
});

const strict = (): void => relay.setResources(bench(server.url, [EVERYTHING]));
const open = (): void => relay.setResources(bench(server.url, [EVERYTHING, LITERAL]));

/** What the client is asked, and what the server hears. */
async function ask(question: object): Promise<{ asked: Message[]; heard: Message }> {
  asking = question;
  const asked: Message[] = [];
  const stream = await caller.begin('tools/call', { name: 'work', arguments: {} }, 'c');
  for (;;) {
    const message = await stream.message();
    if (message.id === 'c') return { asked, heard: JSON.parse(message.result.content[0].text) as Message };
    asked.push(message);
    await caller.send({ jsonrpc: '2.0', id: message.id, result: { by: 'the client' } });
  }
}

async function passes(question: object): Promise<void> {
  const { asked, heard } = await ask(question);
  assert.partialDeepStrictEqual(asked, [question]);
  assert.deepEqual(heard, { jsonrpc: '2.0', id: 'ask-1', result: { by: 'the client' } });
}

async function declined(question: object): Promise<void> {
  const before = relay.events('command.refused').length;
  const { asked, heard } = await ask(question);
  assert.deepEqual(asked, []);
  assert.equal(heard.id, 'ask-1');
  assert.equal(heard.error.code, -1);
  assert.equal(relay.events('command.refused').length, before + 1);
}

const sampling = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 10 } };
const roots = { method: 'roots/list' };
const form = (properties: object) => ({ method: 'elicitation/create', params: { message: 'who?', requestedSchema: { type: 'object', properties } } });
const page = (url: string) => ({ method: 'elicitation/create', params: { mode: 'url', message: 'open', url, elicitationId: 'e1' } });

for (const question of [sampling, roots, form({ name: { type: 'string' } }), page('https://auth.example.com/connect')]) {
  test(`${question.method} passes under a rule that names it, and its answer finds the server; without one the server hears no and the client nothing`, async () => {
    open();
    await passes(question);
    strict();
    await declined(question);
  });
}

test('a page on another host is not opened, nor one that cannot be read', async () => {
  open();
  for (const url of ['https://auth.example.com.evil.example/connect', 'https://evil.example/auth.example.com/', 'javascript:alert(1)', 'nonsense'])
    await declined(page(url));
  assert.ok(relay.events('command.refused').some((event) => event.command?.name === 'elicitation/create https://evil.example/auth.example.com/'));
});

test('a form that asks for a secret is refused even where forms are allowed', async () => {
  open();
  await passes(form({ username: { type: 'string' } }));
  await declined(form({ password: { type: 'string' } }));
  await declined(form({ field: { type: 'string', title: 'Your API key' } }));
});

test('a request that nobody knows is answered like one: method not found', async () => {
  open();
  const { asked, heard } = await ask({ method: 'shell/run', params: {} });
  assert.deepEqual([asked, heard.error.code], [[], -32601]);
});

test('what a server asks on the stream of the session is decided as well', async () => {
  strict();
  server.on('GET', (turn) => {
    turn.stream();
    turn.event({ jsonrpc: '2.0', id: 'ask-2', ...sampling });
    turn.event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  });
  call = undefined;
  const stream = await caller.listen();
  assert.equal((await stream.message()).method, 'notifications/tools/list_changed');
  stream.drop();
  const answer = await server.heard('answer', server.asked('answer').length);
  assert.deepEqual([answer.message.id, answer.message.error.code], ['ask-2', -1]);
});

test('in the stateless revision the questions inside a result are decided: allowed ones arrive, others become a refusal', async () => {
  server.on('tools/call', (turn) =>
    turn.result({ resultType: 'input_required', inputRequests: { one: { method: 'sampling/createMessage', params: sampling.params } } }),
  );
  open();
  const token = await relay.token('ann');
  const asked = await (await sendModern(relay.endpoint(), token, 'tools/call', { name: 'work', arguments: {} })).message();
  assert.deepEqual(Object.keys(asked.result.inputRequests), ['one']);
  strict();
  const refused = await (await sendModern(relay.endpoint(), token, 'tools/call', { name: 'work', arguments: {} })).message();
  assert.deepEqual([refused.error.code, refused.result], [403, undefined]);
});

test('a page that an error asks to open first (2025-11-25) is decided like any other', async () => {
  const needs = (url: string) => (turn: Turn) =>
    turn.json(200, {
      jsonrpc: '2.0',
      id: turn.message.id,
      error: { code: -32042, message: 'open', data: { elicitations: [{ url, elicitationId: 'e', message: '' }] } },
    });
  open();
  server.on('tools/call', needs('https://auth.example.com/connect'));
  assert.equal((await caller.call('work')).error.code, -32042);
  server.on('tools/call', needs('https://evil.example/connect'));
  const refused = await caller.call('work');
  assert.equal(refused.error.code, 403);
  assert.doesNotMatch(JSON.stringify(refused.error.data ?? {}), /connect/);
});
