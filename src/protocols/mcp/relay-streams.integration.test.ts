import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCaller, sendModern, type Block, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { answerTo, startScriptedServer, tool, type ScriptedServer, type Turn } from '../../../test/support/relay/upstream.ts';
import { until } from '../../../test/support/until.ts';

let server: ScriptedServer;
let relay: Relay;
let caller: Caller;

before(async () => {
  server = await startScriptedServer([tool('work')]);
  relay = await startRelay({ resources: resources(), times: { keepAliveMs: 40, abandonedMs: 10 } });
  caller = await openCaller(relay.endpoint(), await relay.token('ann'));
});
after(async () => {
  await relay.stop();
  await server.close();
});

function resources(): object[] {
  const [target, policy] = bench(server.url, [{ allow: ['tools/*'] }]);
  return [target ?? {}, { ...policy, masks: [{ detect: ['email'] }] }];
}

const note = (method: string, params: object = {}) => ({ jsonrpc: '2.0', method, params });
const base64 = (text: string): string => Buffer.from(text).toString('base64').slice(0, 6);
const work = (id: string) => caller.begin('tools/call', { name: 'work', arguments: {} }, id);

test('what a server tells unasked arrives on the stream of the session, and comments keep it alive', async () => {
  server.on('GET', (turn) => {
    turn.stream();
    turn.event(note('notifications/tools/list_changed'));
    turn.event(note('notifications/resources/updated', { uri: 'file:///a' }));
  });
  const stream = await caller.listen();
  assert.equal(stream.headers.get('x-accel-buffering'), 'no');
  assert.equal((await stream.message()).method, 'notifications/tools/list_changed');
  assert.equal((await stream.message()).params.uri, 'file:///a');
  assert.equal((await stream.next())?.raw, ': keep-alive');
  const heard = await server.heard('GET');
  assert.match(String(heard.headers['mcp-session-id']), /^up-/);
  stream.drop();
  await until('the end of the stream at the target', () => heard.gone() || undefined);
});

test('a server without such a stream is relayed as one: 405 and none of its page', async (t) => {
  server.on('GET', (turn) => void turn.response.writeHead(405, { 'content-type': 'text/html' }).end('<p>nothing here'));
  t.after(() => server.on('GET', (turn) => turn.stream()));
  const refused = await caller.listen();
  assert.equal(refused.status, 405);
  assert.deepEqual(await refused.rest(), []);
});

const MESSAGE = '{"jsonrpc" : "2.0","method":"notifications/message","params":{"level":"info","data":1.0}}';
const said = (blocks: readonly Block[]): readonly Block[] => blocks.filter((block) => !block.raw.startsWith(':'));

test('events without a secret travel byte by byte', async () => {
  const events = ['retry:1500\ndata:', `event: message\ndata:${MESSAGE}`];
  server.on('tools/call', async (turn) => {
    turn.stream();
    for (const each of events) await turn.raw(`${each}\n\n`);
    turn.event(answerTo(turn, 'done'));
    turn.end();
  });
  const blocks = said(await (await work('bytes')).rest());
  assert.deepEqual(
    blocks.slice(0, 2).map((block) => block.raw),
    events,
  );
  assert.equal(blocks[2]?.message?.result.content[0].text, 'done');
});

test('ids of events are the gateway’s own: nothing that a target writes there reaches the caller, and all else of the event does', async () => {
  server.on('tools/call', async (turn) => {
    turn.stream();
    await turn.raw('id:ann@customer.example\nretry:1500\ndata:\n\n');
    await turn.raw(`event: message\nid: canary\ndata:${MESSAGE}\n\n`);
    turn.event(answerTo(turn, 'done'), 'canary');
    turn.end();
  });
  const blocks = said(await (await work('ids')).rest());
  assert.deepEqual(
    blocks.map(({ raw, id = '' }) => raw.replace(id, 'ID')),
    ['id: ID\nretry: 1500\ndata: ', `event: message\nid: ID\ndata: ${MESSAGE}`, blocks[2]?.raw.replace(blocks[2].id ?? '', 'ID')],
  );
  for (const { id = '' } of blocks) assert.match(id, /^[\w-]{40,}$/);
  assert.equal(new Set(blocks.map(({ id }) => id)).size, 3);
  for (const { raw } of blocks) for (const form of ['canary', 'customer', base64('canary'), base64('ann@customer')]) assert.ok(!raw.includes(form), raw);
});

test('an id of another session, and one that nobody gave, is refused, and the target is not asked', async () => {
  server.on('tools/call', (turn) => {
    turn.stream();
    void turn.raw('id: o1\nretry: 10\ndata:\n\n').then(() => turn.end());
  });
  server.on('GET', (turn) => {
    turn.stream();
    turn.end();
  });
  const [{ id = '' } = {}] = said(await (await work('own')).rest());
  const asked = server.asked('GET').length;
  const other = await openCaller(relay.endpoint(), await relay.token('ann'));
  for (const wrong of [id, 'o1', `${id}A`]) assert.equal((await other.listen(wrong)).status, 400, wrong);
  assert.equal((await caller.listen('o1')).status, 400);
  assert.equal(server.asked('GET').length, asked);
  assert.equal((await caller.listen(id)).status, 200);
  assert.equal((await server.heard('GET', asked + 1)).headers['last-event-id'], 'o1');
});

test('without a session there is nothing to go on with, and events have no ids', async () => {
  server.on('tools/call', async (turn) => {
    turn.stream();
    await turn.raw('id: canary\ndata:\n\n');
    turn.event(answerTo(turn, 'done'), 'canary');
    turn.end();
  });
  const stream = await sendModern(relay.endpoint(), await relay.token('ann'), 'tools/call', { name: 'work', arguments: {} });
  const blocks = said(await stream.rest());
  assert.deepEqual(
    blocks.map(({ id, message }) => [id, message?.result.content[0].text]),
    [[undefined, 'done']],
  );
});

test('a call goes on when its client loses the connection, runs once, and is replayed masked from the last event', async () => {
  let turn: Turn | undefined;
  server.on('tools/call', (each) => {
    turn = each;
    each.stream();
    void each.raw('id: r0\ndata:\n\n');
    each.event(note('notifications/message', { level: 'info', data: 'begun' }), 'r1');
  });
  const [calls, gets] = [server.asked('tools/call').length, server.asked('GET').length];
  const stream = await work('lost');
  const [, begun] = [await stream.next(), await stream.next()];
  assert.equal(begun?.message?.params.data, 'begun');
  const last = begun?.id ?? '';
  stream.drop();
  assert.ok(turn);
  turn.event(note('notifications/message', { level: 'info', data: 'mail to ann@customer.example' }), 'r2');
  turn.event(answerTo(turn, 'from bob@customer.example'), 'r3');
  turn.end();
  const replay = (await (await caller.listen(last)).rest()).filter((block) => block.message);
  assert.equal(new Set([last, ...replay.map((block) => block.id)]).size, 3);
  assert.equal(replay[1]?.message?.id, 'lost');
  assert.doesNotMatch(JSON.stringify(replay), /customer\.example/);
  assert.equal(turn.gone(), false);
  assert.deepEqual([server.asked('tools/call').length - calls, server.asked('GET').length - gets], [1, 0]);
  const thief = await openCaller(relay.endpoint(), await relay.token('bob'), { sessionId: caller.sessionId ?? '' });
  assert.equal((await thief.listen(last)).status, 404);
  const bob = await openCaller(relay.endpoint(), await relay.token('bob'));
  assert.equal((await bob.listen(last)).status, 400);
  assert.equal(server.asked('GET').length, gets);
});

test('a call whose caller does not come back is given up in the end, however much its target has to say', async (t) => {
  relay.setResources(bench(server.url, [{ allow: ['tools/*'] }], { limits: { replyMs: 2000 } }));
  t.after(() => relay.setResources(resources()));
  server.on('tools/call', async (turn) => {
    turn.stream();
    for (let at = 0; !turn.gone(); at += 1) {
      turn.event(note('notifications/message', { level: 'info', data: `still ${at}` }));
      await sleep(50);
    }
  });
  const impatient = await openCaller(relay.endpoint(), await relay.token('ann'));
  const stream = await impatient.begin('tools/call', { name: 'work', arguments: {} }, 'left');
  await stream.message();
  const turn = server.asked('tools/call').at(-1);
  stream.drop();
  await until('the end at the target', () => turn?.gone() || undefined);
  const failed = await until('the record', () => relay.events('command.failed').at(-1));
  assert.match(failed.note ?? '', /its caller left/);
});

test('a server that closes its stream to be polled is asked for the rest, under its own session', async () => {
  server.on('tools/call', async (turn) => {
    turn.stream();
    await turn.raw('id: p1\nretry: 10\ndata:\n\n');
    turn.end();
  });
  const calls = server.asked('tools/call').length;
  const [primer, ...more] = said(await (await work('polled')).rest());
  assert.match(primer?.raw ?? '', /^id: [\w-]+\nretry: 10\ndata: $/);
  assert.deepEqual(more, []);
  const call = server.asked('tools/call').at(-1);
  server.on('GET', (turn) => {
    turn.stream();
    if (call) turn.event(answerTo(call, 'late for ann@customer.example'), 'p2');
    turn.end();
  });
  const answer = await (await caller.listen(primer?.id)).message();
  assert.equal(answer.id, 'polled');
  assert.doesNotMatch(answer.result.content[0].text, /customer\.example/);
  const asked = server.asked('GET').at(-1);
  assert.deepEqual([asked?.headers['last-event-id'], asked?.headers['mcp-session-id']], ['p1', call?.headers['mcp-session-id']]);
  assert.equal(server.asked('tools/call').length - calls, 1);
});

test('a stream that ends without an answer, and cannot be gone on with, is an error that says the call may have run', async () => {
  server.on('tools/call', (turn) => {
    turn.stream();
    turn.event(note('notifications/message', { level: 'info', data: 'begun' }));
    turn.end();
  });
  const blocks = await (await work('cut')).rest();
  assert.match(blocks.at(-1)?.message?.error.message ?? '', /closed the stream before it answered \(it may still have run\)/);
});

test('a client that does not read holds the target back instead of filling the gateway', async () => {
  const chunk = 'x'.repeat(128 << 10);
  let written = 0;
  server.on('tools/call', async (turn) => {
    turn.stream();
    for (; written < 1 << 30 && !turn.gone(); written += chunk.length)
      await turn.raw(`data: ${JSON.stringify(note('notifications/message', { level: 'info', data: chunk }))}\n\n`);
  });
  const stream = await work('slow');
  let seen = -1;
  await until('the target to be held back', () => {
    const still = written === seen && written > 0;
    seen = written;
    return still || undefined;
  });
  assert.ok(written < 64 << 20, `${written} bytes went in unread`);
  await stream.message();
  stream.drop();
});

test('progress is for the request whose token it carries', async () => {
  server.on('tools/call', (turn) => {
    turn.stream();
    turn.event(note('notifications/progress', { progressToken: 'other', progress: 1 }));
    turn.event(note('notifications/progress', { progressToken: 'mine', progress: 2 }));
    turn.event(answerTo(turn, 'done'));
    turn.end();
  });
  const progress = async (meta: object) => {
    const stream = await caller.begin('tools/call', { name: 'work', arguments: {}, ...meta }, 'p');
    return (await stream.rest()).flatMap(({ message }) => (message?.method === undefined ? [] : [message.params.progress]));
  };
  assert.deepEqual(await progress({ _meta: { progressToken: 'mine' } }), [2]);
  assert.deepEqual(await progress({}), []);
});
