import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { openCaller, sendModern, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { answerTo, startScriptedServer, text, tool, type ScriptedServer, type Turn } from '../../../test/support/relay/upstream.ts';

const RULES = [{ allow: ['tools/*'] }];

let server: ScriptedServer;
let relay: Relay;
let token: string;
let caller: Caller;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-upstream-'));
  server = await startScriptedServer([tool('work'), tool('marked', { region: { type: 'string', 'x-mcp-header': 'Region' } })]);
  relay = await startRelay({ resources: bench(server.url, RULES) });
  token = await relay.token('ann');
  caller = await openCaller(relay.endpoint(), token);
});
after(async () => {
  await relay.stop();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  relay.setResources(bench(server.url, RULES));
  server.on('tools/call', (turn) => turn.result(text('done')));
});

const last = (): Turn | undefined => server.asked('tools/call').at(-1);

/** The call's answer, and the HTTP status it came with. */
async function call(who = caller) {
  const reply = await who.begin('tools/call', { name: 'work', arguments: {} }, 'id');
  return { status: reply.status, headers: reply.headers, message: await reply.message() };
}

/** What a browser, a proxy or an attacker may add to a request. */
const NOISE = {
  cookie: 'session=1',
  'x-forwarded-for': '10.0.0.1',
  forwarded: 'for=10.0.0.1',
  'x-real-ip': '10.0.0.1',
  'proxy-authorization': 'Basic x',
  'x-api-key': 'of the caller',
  baggage: 'a=b',
  'last-event-id': 'e1',
  'accept-language': 'en',
  te: 'trailers',
  'mcp-param-other': 'unrecognised',
};
const TRACE = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' };
const OWN = ['accept', 'accept-encoding', 'connection', 'content-length', 'content-type', 'host', 'mcp-protocol-version', 'user-agent'];

test('with sessions exactly the headers of the protocol reach the target, built by the gateway', async () => {
  await caller.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'work', arguments: {} } }, { ...NOISE, ...TRACE });
  const heard = last();
  assert.deepEqual(heard?.headerNames, [...OWN, 'mcp-session-id', 'traceparent', 'tracestate'].toSorted());
  assert.partialDeepStrictEqual(heard?.headers, { ...TRACE, 'user-agent': 'sallyport', 'accept-encoding': 'identity', host: new URL(server.url).host });
});

test('without sessions the headers of 2026-07-28 reach the target too, and unrecognised parameters', async () => {
  const params = { name: 'marked', arguments: { region: 'eu' } };
  const reply = await sendModern(relay.endpoint(), token, 'tools/call', params, { ...NOISE, 'mcp-param-region': 'eu', 'mcp-session-id': 'ignored' });
  assert.equal((await reply.message()).result.content[0].text, 'done');
  assert.deepEqual(last()?.headerNames, [...OWN, 'mcp-method', 'mcp-name', 'mcp-param-other', 'mcp-param-region'].toSorted());
  const differing = await sendModern(relay.endpoint(), token, 'tools/call', params, { 'mcp-param-region': 'us' });
  assert.deepEqual([differing.status, (await differing.message()).error.code], [400, -32020]);
});

test('the credential is injected in each of its forms, and the token of the caller stays', async () => {
  process.env['RELAY_TEST_SECRET'] = 'from-the-environment';
  const file = join(folder, 'secret');
  await writeFile(file, 'from-a-file\n');
  const [env, read] = [{ env: 'RELAY_TEST_SECRET' }, { file }];
  const basic = (secret: string) => `Basic ${Buffer.from(`robot:${secret}`).toString('base64')}`;
  for (const [credential, header, expected] of [
    [{ bearer: env }, 'authorization', 'Bearer from-the-environment'],
    [{ bearer: read }, 'authorization', 'Bearer from-a-file'],
    [{ header: { name: 'X-Api-Key', value: env } }, 'x-api-key', 'from-the-environment'],
    [{ basic: { user: 'robot', password: read } }, 'authorization', basic('from-a-file')],
  ] as const) {
    relay.setResources(bench(server.url, RULES, { credential }));
    assert.equal((await call()).status, 200);
    assert.equal(last()?.headers[header], expected);
    assert.doesNotMatch(JSON.stringify(last()?.headers), new RegExp(token.slice(0, 40)));
  }
  assert.doesNotMatch(JSON.stringify(relay.recorded), /from-the-environment|from-a-file/);
});

test('a rotated file is read again; one that is gone is an error, and the target hears nothing', async () => {
  const file = join(folder, 'rotated');
  await writeFile(file, 'first');
  relay.setResources(bench(server.url, RULES, { credential: { bearer: { file } } }));
  await call();
  assert.equal(last()?.headers.authorization, 'Bearer first');
  await writeFile(file, 'second, and longer');
  await writeFile(file, 'second-and-longer');
  await call();
  assert.equal(last()?.headers.authorization, 'Bearer second-and-longer');
  await rm(file);
  const asked = server.turns.length;
  const refused = await call();
  assert.deepEqual([refused.status, refused.message.error.data.code], [502, 'credential_missing']);
  assert.equal(server.turns.length, asked);
});

test('a reply is relayed as it came: JSON as JSON, events as events', async () => {
  const asJson = await call();
  assert.match(asJson.headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(asJson.message.result.content[0].text, 'done');
  server.on('tools/call', (turn) => {
    turn.stream();
    turn.event(answerTo(turn, 'streamed'));
    turn.end();
  });
  const asEvents = await call();
  assert.match(asEvents.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.equal(asEvents.message.result.content[0].text, 'streamed');
});

test('a redirect, an encoding, a challenge and a page never reach the caller', async () => {
  const replies: readonly (readonly [string, (turn: Turn) => unknown])[] = [
    ['redirect', ({ response }) => response.writeHead(307, { location: 'http://127.0.0.1:1/canary' }).end('canary')],
    ['encoding', ({ response }) => response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('canary')],
    ['credential', ({ response }) => response.writeHead(401, { 'www-authenticate': 'Bearer realm="canary"' }).end('{"canary":1}')],
    ['credential', ({ response }) => response.writeHead(403, { 'content-type': 'text/html' }).end('<p>canary')],
    ['content type|text/html', ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>canary')],
    ['HTTP 200 and no message', ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end()],
  ];
  for (const [says, script] of replies) {
    server.on('tools/call', (turn) => void script(turn));
    const { status, headers, message } = await call();
    assert.deepEqual([status, message.id, message.error.data.code], [502, 'id', 'upstream_invalid'], says);
    assert.match(message.error.message, new RegExp(says));
    assert.doesNotMatch(JSON.stringify([message, [...headers]]), /canary/);
  }
});

test('nonsense in the place of a message is the fault of the target, and is not relayed', async () => {
  const answer = { jsonrpc: '2.0', id: 'id', result: {} };
  const bodies = ['canary', '{"canary":', '[]', '"canary"', '{"jsonrpc":"1.0","id":"id","result":{}}', '{"jsonrpc":"2.0","id":"id","id":"x","result":{}}'];
  for (const body of [...bodies, Buffer.from([0x22, 0xff, 0x22]), JSON.stringify({ ...answer, error: {} })]) {
    server.on('tools/call', ({ response }) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body));
    const { status, message } = await call();
    assert.equal(status, 502, String(body));
    assert.doesNotMatch(JSON.stringify(message), /canary/);
  }
  server.on('tools/call', (turn) => turn.json(200, { ...answer, id: 'of another' }));
  assert.equal((await call()).message.error.data.code, 'upstream_invalid');
});

test('a reply over the limit is refused, streamed or not', async () => {
  relay.setResources(bench(server.url, RULES, { limits: { replyBytes: 2000 } }));
  assert.equal((await call()).status, 200);
  server.on('tools/call', (turn) => turn.result(text('x'.repeat(3000))));
  assert.match((await call()).message.error.message, /larger than 2000 bytes/);
  server.on('tools/call', (turn) => {
    turn.stream();
    turn.event(answerTo(turn, 'x'.repeat(3000)));
  });
  assert.match((await call()).message.error.message, /larger than 2000 characters/);
});

test('a target that is too slow is given up, and the caller hears that it may have run', async () => {
  relay.setResources(bench(server.url, RULES, { limits: { replyMs: 200 } }));
  server.on('tools/call', () => {});
  const { status, message } = await call();
  assert.deepEqual([status, message.error.data.code], [504, 'upstream_timeout']);
  assert.match(message.error.message, /did not answer in time \(it may still have run\)/);
});

test('a target that is down is an error with a way out, and is recorded', async () => {
  const down = await startScriptedServer();
  await down.close();
  relay.setResources(bench(down.url, [{ allow: ['tools/*', 'resources/list'] }]));
  const { status, message } = await call(await openCaller(relay.endpoint(), token));
  assert.deepEqual([status, message.error.data.code], [502, 'upstream_unreachable']);
  assert.doesNotMatch(JSON.stringify(message), /ECONN|127\.0\.0\.1/);
  const recorded = relay.events('command.failed').at(-1);
  assert.deepEqual([recorded?.command?.name, recorded?.outcome?.status], ['tools/call work', 'upstream_unreachable']);
});

test('statuses that mean something to a client are relayed: 404 of a lost session, 400, 429 and 503 with their messages', async () => {
  for (const status of [400, 404, 429, 503]) {
    server.on('tools/call', (turn) => turn.json(status, { jsonrpc: '2.0', id: turn.message.id, error: { code: -32000, message: `because ${status}` } }));
    const relayed = await call();
    assert.deepEqual([relayed.status, relayed.message.error.message], [status, `because ${status}`]);
  }
  server.on('tools/call', ({ response }) => void response.writeHead(404).end('no such page'));
  const bare = await call();
  assert.deepEqual([bare.status, bare.message.error.message], [404, 'session not found']);
});
