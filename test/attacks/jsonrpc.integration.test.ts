import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { reply, startBench, type Bench, type RequestParts } from './bench.ts';
import { denied, forwarded, meets, rejected, type Fate } from './expect.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());
afterEach(() => bench.scripts.clear());

const legacy = (body: object, headers: RequestParts['headers'] = {}): RequestParts => ({ era: 'legacy', body: JSON.stringify(body), headers });
const rpc = (members: object): object => ({ jsonrpc: '2.0', ...members });
const look = (id: unknown = 1, city = 'x'): object => rpc({ id, method: 'tools/call', params: { name: 'look', arguments: { city } } });
const BAD = rejected(400, -32600);

const forms: readonly (readonly [what: string, parts: RequestParts, fate: Fate])[] = [
  ['a call', legacy(look()), forwarded],
  ['a notification', legacy(rpc({ method: 'notifications/initialized' })), forwarded],
  ['a call without an id', legacy(rpc({ method: 'tools/call', params: { name: 'look' } })), BAD],
  ['a denied call without an id', legacy(rpc({ method: 'tools/call', params: { name: 'shell' } })), BAD],
  ['a list without an id', legacy(rpc({ method: 'tools/list' })), BAD],
  ['a notification with an id', legacy(rpc({ id: 1, method: 'notifications/cancelled', params: { requestId: 1 } })), BAD],
  ['an answer to what was never asked', legacy(rpc({ id: 99, result: { action: 'accept' } })), BAD],
  ['an error for what was never asked', legacy(rpc({ id: 99, error: { code: 1, message: 'x' } })), BAD],
  ['an error for nothing', legacy(rpc({ id: null, error: { code: 1, message: 'x' } })), BAD],
  ['an answer without an id', legacy(rpc({ result: {} })), BAD],
  ['an answer and an error', legacy(rpc({ id: 1, result: {}, error: { code: 1, message: 'x' } })), BAD],
  ['neither', legacy(rpc({ id: 1 })), BAD],
  ['a method in other letters', legacy(rpc({ id: 1, method: 'Tools/Call', params: { name: 'look' } })), denied],
  ['a method with a space', legacy(rpc({ id: 1, method: 'tools/call ', params: { name: 'look' } })), denied],
  ['a method with a slash more', legacy(rpc({ id: 1, method: 'tools//call', params: { name: 'look' } })), denied],
  ['a method with a line end', legacy(rpc({ id: 1, method: 'tools/call\n', params: { name: 'look' } })), BAD],
  ['a method of this language', legacy(rpc({ id: 1, method: 'constructor' })), denied],
  ['a reserved method', legacy(rpc({ id: 1, method: 'rpc.discover' })), denied],
  ['an empty method', legacy(rpc({ id: 1, method: '' })), BAD],
  ['a method that is a number', legacy(rpc({ id: 1, method: 1 })), BAD],
  ['an extremely long method', legacy(rpc({ id: 1, method: 'm'.repeat(300) })), BAD],
  ['a request that only servers make', legacy(rpc({ id: 1, method: 'sampling/createMessage', params: {} })), denied],
  ['a modern answer', { body: JSON.stringify(rpc({ id: 1, result: {} })) }, BAD],
  ['a modern request of an unknown method', { method: 'tools/run', params: {} }, rejected(404, -32601)],
  ['a modern request of a method that is gone', { method: 'ping', params: {} }, rejected(404, -32601)],
  ['a modern initialize', { method: 'initialize', params: {} }, rejected(404, -32601)],
];
for (const [what, parts, fate] of forms) test(`${what}: ${fate.fate}`, () => meets(bench, parts, fate, what));

test('a notification that no rule names is taken and goes no further', async () => {
  const before = bench.arrived.length;
  for (const method of ['notifications/unheard', 'notifications/message', 'notifications/tools/list_changed']) {
    const heard = await bench.send(await bench.request(legacy(rpc({ method }))));
    assert.equal(heard.status, 202);
  }
  assert.equal(bench.arrived.length, before);
});

const batches: readonly (readonly [what: string, body: unknown, headers: Record<string, string>, fate: Fate])[] = [
  ['one call', [look()], {}, forwarded],
  ['two calls with one id', [look(1), look(1)], {}, BAD],
  ['a batch in a batch', [[look()]], {}, BAD],
  ['a handshake in a batch', [rpc({ id: 1, method: 'initialize', params: {} }), look(2)], {}, BAD],
  ['a call without an id beside a good one', [look(1), rpc({ method: 'tools/call', params: { name: 'look' } })], {}, BAD],
  ['101 messages', Array.from({ length: 101 }, (_, id) => look(id)), {}, BAD],
  ['a number beside a call', [look(), 1], {}, BAD],
  ['a later revision', [look()], { 'MCP-Protocol-Version': '2025-06-18' }, BAD],
  [
    'a modern call',
    [rpc({ id: 1, method: 'tools/call', params: { name: 'look', _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } })],
    {},
    BAD,
  ],
];
for (const [what, body, headers, fate] of batches)
  test(`batch, ${what}: ${fate.fate}`, () => meets(bench, { era: 'legacy', body: JSON.stringify(body), headers }, fate, what));

test('each element of a batch is decided by itself', async () => {
  const before = bench.arrived.length;
  const shell = rpc({ id: 2, method: 'tools/call', params: { name: 'shell', arguments: {} } });
  const heard = await bench.send(await bench.request({ era: 'legacy', body: JSON.stringify([shell, look(1), rpc({ id: '1', result: {} })]) }));
  assert.deepEqual(
    bench.arrived.slice(before).map(({ body }) => body.includes('shell')),
    [false],
  );
  const failed = new Map(heard.messages.map(({ id, error, result }) => [id, error !== undefined || result?.isError === true]));
  assert.deepEqual(
    [1, 2, null].map((id) => failed.get(id)),
    [false, true, true],
  );
});

const reached = (is: () => boolean): Promise<boolean> => until('the target', () => is() || undefined);

/** Opens a session of the target for a person; the id is the gateway's. */
async function open(name: string): Promise<string> {
  bench.scripts.set('initialize', (response, { id }) => {
    response.setHeader('mcp-session-id', `of-${name}`);
    reply(response, id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'lab', version: '1' } });
  });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'attacks', version: '1' } };
  const heard = await bench.send(await bench.request({ ...legacy(rpc({ id: 0, method: 'initialize', params })), token: await bench.token(name) }));
  const id = /^mcp-session-id: (.+)$/im.exec(heard.head)?.[1]?.trim();
  assert.ok(id && !id.includes(`of-${name}`), heard.head);
  return id;
}

test('a session serves whom it was opened for, on the target it was opened on, and nobody else', async () => {
  const session = await open('alice');
  await meets(bench, legacy(look(), { 'Mcp-Session-Id': session }), forwarded, 'its owner');
  assert.equal(bench.arrived.at(-1)?.headers['mcp-session-id'], 'of-alice');
  const gone = rejected(404, -32001);
  const bob = { token: await bench.token('bob') };
  await meets(bench, { ...legacy(look(), { 'Mcp-Session-Id': session }), ...bob }, gone, 'another person');
  const vault = { token: await bench.token('bob', 'vault'), path: '/mcp/vault' };
  await meets(bench, { ...legacy(look(), { 'Mcp-Session-Id': session }), ...vault }, gone, 'another target');
  const swapped = (session.startsWith('A') ? 'B' : 'A') + session.slice(1);
  for (const made of ['of-alice', 'x', swapped, `${session}A`, session.slice(0, -4), 'A'.repeat(5000), '../../x'])
    await meets(bench, legacy(look(), { 'Mcp-Session-Id': made }), gone, made.slice(0, 20));
  await meets(bench, legacy(look(), { 'Mcp-Session-Id': [session, session] }), rejected(400), 'twice');
  for (const verb of ['GET', 'DELETE'])
    await meets(
      bench,
      { ...legacy({}, { 'Mcp-Session-Id': session }), ...bob, line: `${verb} /mcp/lab HTTP/1.1`, body: '' },
      gone,
      `${verb} of another person`,
    );
  const replayed = { ...legacy({}, { 'Last-Event-ID': 'e-1' }), ...bob, line: 'GET /mcp/lab HTTP/1.1', body: '' };
  await meets(bench, replayed, rejected(400), 'events without a session');
});

test('what the target asks is answered by whom it asked, once', async () => {
  const session = await open('alice');
  const other = await open('bob');
  const bob = { token: await bench.token('bob') };
  let answered = (): void => {};
  bench.scripts.set('tools/call', (response, { id }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      'data: {"jsonrpc":"2.0","id":5,"method":"ping"}\n\ndata: {"jsonrpc":"2.0","id":6,"method":"sampling/createMessage","params":{"messages":[]}}\n\n',
    );
    answered = () => void response.end(`data: {"jsonrpc":"2.0","id":${id},"result":{"content":[]}}\n\n`);
  });
  const calling = bench.send(await bench.request(legacy(look(), { 'Mcp-Session-Id': session })));
  await reached(() => bench.arrived.some(({ body }) => body.includes('"id":6') && body.includes('"error"')));
  const answer = (id: unknown): object => rpc({ id, result: {} });
  await meets(bench, { ...legacy(answer(5), { 'Mcp-Session-Id': other }), ...bob }, BAD, 'another session');
  await meets(bench, legacy(answer(5)), BAD, 'no session');
  await meets(bench, legacy(answer('5'), { 'Mcp-Session-Id': session }), BAD, 'the id as a text');
  await meets(bench, legacy(answer(6), { 'Mcp-Session-Id': session }), BAD, 'what the policy kept from the caller');
  await meets(bench, legacy(answer(5), { 'Mcp-Session-Id': session }), forwarded, 'the answer');
  await meets(bench, legacy(answer(5), { 'Mcp-Session-Id': session }), BAD, 'a second answer');
  answered();
  assert.deepEqual(
    (await calling).messages.map(({ id }) => id),
    [5, 1],
  );
});

test('a call is cancelled in its own session only', async () => {
  const session = await open('alice');
  const other = await open('bob');
  const bob = { token: await bench.token('bob') };
  let finish = (): void => {};
  bench.scripts.set('tools/call', (response, { id }) => (finish = () => reply(response, id, { content: [] })));
  const calling = bench.send(await bench.request(legacy(look(77), { 'Mcp-Session-Id': session })));
  await reached(() => bench.arrived.at(-1)?.body.includes('"id":77') === true);
  const cancel = (requestId: unknown): object => rpc({ method: 'notifications/cancelled', params: { requestId } });
  const before = bench.arrived.length;
  for (const parts of [
    { ...legacy(cancel(77), { 'Mcp-Session-Id': other }), ...bob },
    { ...legacy(cancel(77)), ...bob },
    legacy(cancel(77)),
    legacy(cancel('77'), { 'Mcp-Session-Id': session }),
    legacy(cancel(78), { 'Mcp-Session-Id': session }),
  ])
    assert.equal((await bench.send(await bench.request(parts))).status, 202);
  assert.equal(bench.arrived.length, before);
  await meets(bench, legacy(cancel(77), { 'Mcp-Session-Id': session }), forwarded, 'its own');
  finish();
  assert.equal((await calling).status, 200);
});

test('equal ids of several callers, and ids that only look equal, get their own answers', async () => {
  const waiting: (() => void)[] = [];
  bench.scripts.set('tools/call', (response, { id, body }) => {
    const city = /"city":"([^"]*)"/.exec(body)?.[1] ?? '';
    waiting.push(() => reply(response, id, { content: [{ type: 'text', text: city }] }));
  });
  const callers: readonly (readonly [string, unknown])[] = [
    ['alice', 7],
    ['bob', 7],
    ['alice', '7'],
    ['alice', 7],
  ];
  const replies = callers.map(async ([name, id], at) =>
    bench.send(await bench.request({ ...legacy(look(id, `${name}-${at}`)), token: await bench.token(name) })),
  );
  await reached(() => waiting.length === callers.length);
  for (const answer of waiting.toReversed()) {
    answer();
    await sleep(5);
  }
  for (const [at, heard] of (await Promise.all(replies)).entries()) {
    const [name, id] = callers[at] ?? [];
    assert.equal(heard.messages[0]?.id, id);
    assert.ok(heard.body.includes(`${name}-${at}`), heard.body);
  }
});

test('a caller that leaves a modern call ends it at the target', async () => {
  let target: ServerResponse | undefined;
  bench.scripts.set('tools/call', (response) => (target = response));
  void bench.send(await bench.request({ name: 'look', params: { arguments: {} } }), 150);
  await reached(() => target !== undefined);
  assert.ok(target);
  await once(target, 'close');
});
