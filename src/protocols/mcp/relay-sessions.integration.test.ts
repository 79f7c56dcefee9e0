import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openCaller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type ScriptedServer } from '../../../test/support/relay/upstream.ts';

let server: ScriptedServer;
let relay: Relay;

before(async () => {
  server = await startScriptedServer([tool('echo')]);
  server.on('tools/call', (turn) => turn.result(text('echoed')));
  relay = await startRelay({ resources: bench(server.url, [{ allow: ['tools/*'] }]) });
});
after(async () => {
  await relay.stop();
  await server.close();
});

test('the session id is the gateway own, and the target hears its own one back', async () => {
  const caller = await openCaller(relay.endpoint(), await relay.token('ann'));
  assert.match(caller.sessionId ?? '', /^[A-Za-z0-9_-]{40,}$/);
  assert.doesNotMatch(caller.sessionId ?? '', /up-/);
  assert.equal((await caller.call('echo')).result.content[0].text, 'echoed');
  assert.equal(server.asked('tools/call echo').at(-1)?.headers['mcp-session-id'], server.asked('notifications/initialized').at(-1)?.headers['mcp-session-id']);
  assert.match(String(server.asked('tools/call echo').at(-1)?.headers['mcp-session-id']), /^up-\d+$/);
});

test('no id is minted where the target mints none', async (t) => {
  const plain = await startScriptedServer([tool('echo')]);
  t.after(() => plain.close());
  plain.on('initialize', (turn) => turn.result({ protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'plain', version: '1' } }));
  plain.on('tools/call', (turn) => turn.result(text('stateless')));
  relay.setResources(bench(plain.url, [{ allow: ['tools/*'] }]));
  t.after(() => relay.setResources(bench(server.url, [{ allow: ['tools/*'] }])));
  const caller = await openCaller(relay.endpoint(), await relay.token('ann'));
  assert.equal(caller.sessionId, undefined);
  assert.equal((await caller.call('echo')).result.content[0].text, 'stateless');
  assert.equal(plain.asked('tools/call echo')[0]?.headers['mcp-session-id'], undefined);

  const opened = relay.events('session.opened').length;
  await openCaller(relay.endpoint(), await relay.token('ann'));
  assert.equal(relay.events('session.opened').length, opened, 'what has no session of its own belongs to the one that its caller has');
});

test('an id that is unknown, changed, of another subject or of the target itself is 404 and goes nowhere', async () => {
  const token = await relay.token('ann');
  const { sessionId = '' } = await openCaller(relay.endpoint(), token);
  const changed = `${sessionId.slice(0, -2)}${sessionId.endsWith('A') ? 'B' : 'A'}A`;
  const asked = server.turns.length;
  for (const [who, id] of [
    [token, 'nonsense'],
    [token, changed],
    [token, 'up-1'],
    [await relay.token('bob'), sessionId],
  ] as const) {
    const caller = await openCaller(relay.endpoint(), who, { sessionId: id });
    const reply = await caller.begin('tools/list', {}, 1);
    assert.equal(reply.status, 404);
    assert.equal((await reply.message()).error.code, -32001);
    assert.equal((await caller.listen()).status, 404);
    assert.equal(await caller.end(), 404);
  }
  assert.equal(server.turns.length, asked);
  const own = await openCaller(relay.endpoint(), token, { sessionId });
  assert.equal((await own.begin('tools/list', {}, 1)).status, 200);
});

test('a batch in a foreign session is 404 as a whole', async () => {
  const { sessionId = '' } = await openCaller(relay.endpoint(), await relay.token('ann'), { version: '2025-03-26' });
  const batch = [{ jsonrpc: '2.0', method: 'notifications/initialized' }];
  const thief = await openCaller(relay.endpoint(), await relay.token('bob'), { version: '2025-03-26', sessionId });
  assert.equal((await thief.send(batch)).status, 404);
  const owner = await openCaller(relay.endpoint(), await relay.token('ann'), { version: '2025-03-26', sessionId });
  assert.equal((await owner.send(batch)).status, 202);
});

test('a session goes on after the gateway was restarted', async () => {
  const token = await relay.token('ann');
  const caller = await openCaller(relay.endpoint(), token);
  await relay.restart();
  assert.equal((await caller.call('echo')).result.content[0].text, 'echoed');
  const thief = await openCaller(relay.endpoint(), await relay.token('bob'), { sessionId: caller.sessionId ?? '' });
  assert.equal((await thief.begin('tools/list', {}, 1)).status, 404);
});

test('DELETE ends it at the target, under the id that the target knows; opening and end are recorded once', async () => {
  const token = await relay.token('ann');
  const caller = await openCaller(relay.endpoint(), token);
  await caller.call('echo');
  const known = server.asked('tools/call echo').at(-1)?.headers['mcp-session-id'];
  const session = relay.events('session.opened').at(-1)?.session;
  assert.equal(await caller.end(), 200);
  assert.equal(server.asked('DELETE').at(-1)?.headers['mcp-session-id'], known);
  const count = (kind: 'session.opened' | 'session.closed') => relay.events(kind).filter((event) => event.session === session).length;
  assert.deepEqual([count('session.opened'), count('session.closed')], [1, 1]);
});

test('a session that the target does not let go goes on', async (t) => {
  server.on('DELETE', (turn) => void turn.response.writeHead(405).end());
  t.after(() => server.on('DELETE', (turn) => void turn.response.writeHead(200).end()));
  const caller = await openCaller(relay.endpoint(), await relay.token('ann'));
  const session = relay.events('session.opened').at(-1)?.session;
  assert.equal(await caller.end(), 405);
  assert.equal(relay.events('session.closed').filter((event) => event.session === session).length, 0);
  assert.equal((await caller.call('echo')).result.content[0].text, 'echoed');
});

test('a session that the target lost is 404, so that the client opens a new one', async (t) => {
  const caller = await openCaller(relay.endpoint(), await relay.token('ann'));
  server.on('tools/call echo', (turn) => turn.json(404, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'gone' } }));
  t.after(() => server.on('tools/call echo', (turn) => turn.result(text('echoed'))));
  const lost = await caller.begin('tools/call', { name: 'echo', arguments: {} }, 7);
  assert.equal(lost.status, 404);
  server.on('tools/call echo', (turn) => turn.result(text('echoed')));
  const again = await openCaller(relay.endpoint(), await relay.token('ann'));
  assert.equal((await again.call('echo')).result.content[0].text, 'echoed');
});
