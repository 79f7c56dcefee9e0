import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CLIENT_KINDS } from '../../../test/support/clients.ts';
import { openCaller, sendModern, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import type { Message } from '../../../test/support/relay/upstream.ts';
import { until } from '../../../test/support/until.ts';

const BY_HAND = fileURLToPath(import.meta.resolve('../../../test/support/relay/stdio-server.ts'));
const BY_SDK = fileURLToPath(import.meta.resolve('../../../test/support/stdio-server.ts'));
const RULES = [{ allow: ['tools/*'] }];

let relay: Relay;
let folder: string;
let token: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-stdio-'));
  process.env['RELAY_TEST_NOTES_TOKEN'] = 'canary-of-the-target';
  relay = await startRelay({ resources: byHand() });
  token = await relay.token('ann');
});
after(async () => {
  await relay.stop();
  await rm(folder, { recursive: true, force: true });
});

const WILD = ['$(touch shell)', '`touch shell`', '; touch shell', 'a \'b\' "c"', '*', '--flag=x y'];

function byHand(): object[] {
  const command = [process.execPath, BY_HAND, ...WILD];
  return bench('', RULES, { command, credential: { env: { NOTES_TOKEN: { env: 'RELAY_TEST_NOTES_TOKEN' } } } });
}

const open = (who = token): Promise<Caller> => openCaller(relay.endpoint(), who);
/** What the server by hand says; a test that reads what it did not say fails by itself. */
interface Said {
  readonly pid: number;
  readonly child: number;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly value: string;
  readonly notes: readonly string[];
  readonly released: string;
  readonly id: number;
}

const value = (reply: Message): Said => JSON.parse(reply.result.content[0].text) as Said;
const about = async (caller: Caller): Promise<Said> => value(await caller.call('about'));
const modern = async (name: string, args: object = {}, who = token): Promise<Message> =>
  (await sendModern(relay.endpoint(), who, 'tools/call', { name, arguments: args })).message();

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
const gone = (pid: number): Promise<true> => until(`the end of process ${pid}`, () => !runs(pid) || undefined);

for (const kind of CLIENT_KINDS) {
  test(`${kind.name}: a stdio server is used like any other, and its credential comes from its environment`, async (t) => {
    t.after(() => relay.setResources(byHand()));
    const credential = { env: { NOTES_TOKEN: { env: 'RELAY_TEST_NOTES_TOKEN' } } };
    relay.setResources(bench('', RULES, { command: [process.execPath, BY_SDK], credential }));
    const client = await kind.connect(relay.endpoint(), token);
    t.after(() => client.close());
    assert.deepEqual(await client.tools(), ['add_note', 'about']);
    const said = JSON.parse((await client.call('about')).content[0]?.text ?? '') as { hasToken: boolean; environment: string[] }; // as the server writes it
    assert.deepEqual([said.hasToken, said.environment], [true, ['HOME', 'LANG', 'NOTES_TOKEN', 'PATH']]);
  });
}

test('each session is a process of its own, with nothing of the gateway in its environment', async () => {
  const [one, two] = [await open(), await open()];
  const [first, second, again] = [await about(one), await about(two), await about(one)];
  assert.notEqual(first.pid, second.pid);
  assert.equal(first.pid, again.pid);
  assert.deepEqual(Object.keys(first.environment).toSorted(), ['HOME', 'LANG', 'NOTES_TOKEN', 'PATH']);
  assert.equal(first.environment['LANG'], 'C.UTF-8');
});

test('without sessions each subject has a process of its own', async () => {
  const bob = await relay.token('bob');
  const [ann1, ann2, bob1] = [value(await modern('about')), value(await modern('about')), value(await modern('about', {}, bob))];
  assert.equal(ann1.pid, ann2.pid);
  assert.notEqual(ann1.pid, bob1.pid);
});

test('a credential that was rotated brings a new process; the old one finishes what it has in hand, and its session is over', async () => {
  const caller = await open();
  const [ofSession, alone] = [await about(caller), value(await modern('about'))];
  const waiting = caller.call('wait', { name: 'rotation' });
  await until('the call at the server', async () => (value(await caller.call('release', { name: 'nothing' })).pid === undefined ? true : undefined));
  process.env['RELAY_TEST_NOTES_TOKEN'] = 'canary-of-the-target-2';
  try {
    const next = value(await modern('about'));
    assert.notEqual(next.pid, alone.pid);
    await gone(alone.pid);
    const over = await caller.begin('tools/call', { name: 'about', arguments: {} }, 'late');
    assert.equal(over.status, 404);
    assert.ok(runs(ofSession.pid), 'a call is under way');
    assert.notEqual((await about(await open())).pid, ofSession.pid);
  } finally {
    process.env['RELAY_TEST_NOTES_TOKEN'] = 'canary-of-the-target';
  }
  void waiting.catch(() => {});
});

test('arguments reach the program as they are, and no shell reads them', async () => {
  assert.deepEqual((await about(await open())).argv, WILD);
  assert.equal(existsSync('shell'), false);
});

test('no value of a caller becomes a line of its own, whatever the server takes for the end of a line', async () => {
  const caller = await open();
  const smuggled = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"smuggled"}}';
  for (const end of ['\n', '\r\n', '\r', '\u0085', '\u2028', '\u2029']) {
    const args = { value: `a${end}${smuggled}${end}b` };
    // The mask takes control characters out of replies; what the server read is what was sent.
    assert.equal(value(await caller.call('echo', args)).value, args.value.replaceAll('\u0085', ''));
  }
  assert.deepEqual(value(await caller.call('release', { name: 'none' })).notes, []);
});

test('DELETE ends the process and what it started; the session is gone then, and no other', async () => {
  const [caller, other] = [await open(), await open()];
  const [{ pid }, { child }] = [await about(caller), value(await caller.call('child'))];
  assert.equal(await caller.end(), 200);
  await gone(pid);
  await gone(child);
  assert.equal((await caller.begin('tools/call', { name: 'about', arguments: {} }, 1)).status, 404);
  assert.equal(await caller.end(), 404);
  assert.ok(runs((await about(other)).pid));
});

test('before 2026-07-28 a caller needs its session: without one nothing is run and nothing ended', async () => {
  const { pid } = value(await modern('about'));
  for (const version of ['2025-06-18', '2025-11-25']) {
    const headers = { authorization: `Bearer ${token}`, 'mcp-protocol-version': version };
    assert.equal((await fetch(relay.endpoint(), { method: 'DELETE', headers })).status, 400);
    assert.equal((await fetch(relay.endpoint(), { headers: { ...headers, accept: 'text/event-stream' } })).status, 400);
    const post = { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'about', arguments: {} } });
    assert.equal((await fetch(relay.endpoint(), { method: 'POST', headers: post, body: call })).status, 400);
  }
  assert.equal(value(await modern('about')).pid, pid);
});

test('a process that ends in a call is an error that says so; the next session works', async () => {
  const caller = await open();
  const reply = await caller.call('die');
  assert.match(reply.error.message, /the target "bench" ended \(status 3\)/);
  assert.equal((await caller.begin('tools/call', { name: 'about', arguments: {} }, 1)).status, 404);
  assert.ok((await about(await open())).pid);
});

test('a line that is no JSON-RPC ends the process: what else it says cannot be trusted', async () => {
  const caller = await open();
  const { pid } = await about(caller);
  const reply = await caller.call('garbage');
  assert.equal(reply.error.data.code, 'upstream_invalid');
  await gone(pid);
});

test('concurrent callers with the same ids and tokens hear their own answers and progress', async () => {
  const hear = async (name: string) => {
    const stream = await sendModern(relay.endpoint(), token, 'tools/call', { name: 'wait', arguments: { name }, _meta: { progressToken: 'same' } });
    return { name, stream, progress: await stream.message() };
  };
  const [one, two] = await Promise.all([hear('one'), hear('two')]);
  assert.deepEqual([one.progress.params.progressToken, two.progress.params.progressToken], ['same', 'same']);
  await modern('release', { name: 'two' });
  const second = await two.stream.message();
  assert.deepEqual([second.id, value(second).released], [1, 'two']);
  await modern('release', { name: 'one' });
  const first = await one.stream.message();
  assert.deepEqual([first.id, value(first).released], [1, 'one']);
});

test('a cancellation names the request that the server knows; one of no own request goes nowhere', async () => {
  const [ann, bob] = [await open(), await open(await relay.token('bob'))];
  const held = await ann.begin('tools/call', { name: 'wait', arguments: { name: 'x' }, _meta: { progressToken: 1 } }, 'mine');
  await held.message();
  for (const requestId of ['mine', 1, 2, 3]) await bob.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  for (const requestId of [2, 'other']) await ann.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  assert.deepEqual(value(await ann.call('release', { name: 'none' })).notes, []);
  await ann.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'mine' } });
  const { notes } = value(await ann.call('release', { name: 'x' }));
  const { id } = value(await held.message());
  assert.deepEqual(notes, [`cancelled ${id}`]);
});

test('a call whose caller leaves is given up: the server is told, and the record says why', async () => {
  const stream = await sendModern(relay.endpoint(), token, 'tools/call', { name: 'wait', arguments: { name: 'left' }, _meta: { progressToken: 1 } });
  await stream.message();
  const before = value(await modern('release', { name: 'none' })).notes.length;
  stream.drop();
  await until('the record', () => relay.events('command.failed').find((event) => event.note?.includes('its caller left')));
  await until('the note', async () => value(await modern('release', { name: 'none' })).notes.length > before || undefined);
});

test('a subscription is named by the id of its caller', async () => {
  const listen = await sendModern(relay.endpoint(), token, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
  const heard = (await listen.rest()).flatMap((block) => (block.message ? [block.message] : []));
  assert.deepEqual(
    heard.map((message) => message.method ?? message.id),
    ['notifications/subscriptions/acknowledged', 'notifications/tools/list_changed', 1],
  );
  const ids = heard.map((message) => (message.method === undefined ? message.result : message.params)._meta['io.modelcontextprotocol/subscriptionId']);
  assert.deepEqual(ids, [1, 1, 1]);
});

test('a caller that does not read a flood is let go, and the gateway keeps a bounded part of it', async () => {
  const caller = await open();
  const stream = await caller.begin('tools/call', { name: 'flood', arguments: {} }, 1);
  const blocks = await stream.rest();
  assert.match(blocks.at(-1)?.message?.error.message ?? '', /reads more slowly than the target sends/);
  assert.ok(blocks.length < 2000, `${blocks.length} messages were kept`);
});

test('a program that cannot be started is an error, and nothing else', async (t) => {
  t.after(() => relay.setResources(byHand()));
  relay.setResources(bench('', RULES, { command: [join(folder, 'absent')] }));
  const caller = await open();
  assert.match(caller.opened?.error.message ?? '', /could not be started/);
});

test('when the gateway ends, no process is left', async () => {
  const caller = await open();
  const [{ pid }, { child }] = [await about(caller), value(await caller.call('child'))];
  assert.ok(runs(pid) && runs(child));
  await relay.restart();
  await gone(pid);
  await gone(child);
});
