import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openCaller, sendModern, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type ScriptedServer } from '../../../test/support/relay/upstream.ts';

const RULES = [
  {
    allow: [
      'tools/list',
      'tools/call open_*',
      'prompts/list',
      'prompts/get open_*',
      'resources/list',
      'resources/templates/list',
      'resources/read file:///open/*',
    ],
  },
  { deny: ['tools/call open_but_denied'] },
  { review: ['tools/call reviewed'], approval: { from: ['group:leads'] } },
];
const LISTS = [
  ['tools/list', 'tools', 'name', ['open_one', 'reviewed']],
  ['prompts/list', 'prompts', 'name', ['open_prompt']],
  ['resources/list', 'resources', 'uri', ['file:///open/a']],
  ['resources/templates/list', 'resourceTemplates', 'uriTemplate', ['file:///open/{name}']],
] as const;

const tools = [tool('open_one'), tool('open_but_denied'), tool('closed'), tool('reviewed')];
let server: ScriptedServer;
let relay: Relay;
let token: string;
let caller: Caller;

before(async () => {
  server = await startScriptedServer(tools);
  const cache = { cacheScope: 'public', ttlMs: 60_000 };
  server.on('tools/list', (turn) => turn.result({ tools, ...(turn.headers['mcp-method'] === undefined ? {} : cache) }));
  const lists = {
    'prompts/list': { prompts: [{ name: 'open_prompt' }, { name: 'closed_prompt' }] },
    'resources/list': {
      resources: [
        { uri: 'file:///open/a', name: 'a' },
        { uri: 'file:///closed/b', name: 'b' },
      ],
    },
    'resources/templates/list': {
      resourceTemplates: [
        { uriTemplate: 'file:///open/{name}', name: 't' },
        { uriTemplate: 'file:///closed/{name}', name: 'u' },
      ],
    },
  };
  for (const [method, result] of Object.entries(lists))
    server.on(method, (turn) => turn.result({ ...result, ...(turn.headers['mcp-method'] === undefined ? {} : cache) }));
  server.on('tools/call', (turn) => turn.result(text('done')));
  relay = await startRelay({ resources: bench(server.url, RULES) });
  token = await relay.token('ann');
  caller = await openCaller(relay.endpoint(), token);
});
after(async () => {
  await relay.stop();
  await server.close();
});

for (const [method, key, named, shown] of LISTS) {
  test(`${method} shows what its caller may use under some circumstances, and nothing of the rest, to nobody else's cache`, async () => {
    const legacy = (await caller.ask(method)).result;
    assert.deepEqual(
      legacy[key].map((each) => each[named]),
      shown,
    );
    assert.equal(legacy.cacheScope, undefined);
    const modern = (await (await sendModern(relay.endpoint(), token, method)).message()).result;
    assert.deepEqual(
      modern[key].map((each) => each[named]),
      shown,
    );
    assert.deepEqual([modern.cacheScope, modern.ttlMs], ['private', 0]);
    assert.doesNotMatch(JSON.stringify(relay.recorded.filter(({ event }) => event.kind === 'reply.received').at(-1)?.bodies), /closed/);
  });
}

test('a denied tool is refused in the same words whether or not it exists', async () => {
  const [known, unknown] = [await caller.call('closed'), await caller.call('absent')];
  const said = (reply: typeof known): string => reply.result.content[0].text.replaceAll(/closed|absent/g, 'NAME');
  assert.match(said(known), /^DENIED/);
  assert.equal(said(known), said(unknown));
  assert.equal(server.asked('tools/call closed').length + server.asked('tools/call absent').length, 0);
});

test('a tool that the target does not list is unknown, and its call goes nowhere', async () => {
  const reply = await caller.call('open_absent');
  assert.deepEqual([reply.error.code, reply.error.message], [-32602, 'unknown tool "open_absent"']);
  assert.equal(server.asked('tools/call open_absent').length, 0);
  assert.equal((await caller.call('open_one')).result.content[0].text, 'done');
});

test('a tool that came later is hidden and refused until an owner accepts it', async () => {
  const isListed = async () => (await caller.ask('tools/list')).result.tools.some((each) => each['name'] === 'open_later');
  assert.equal((await caller.call('open_later')).error.code, -32602);
  tools.push(tool('open_later'));
  assert.equal(await isListed(), false);
  assert.match((await caller.call('open_later')).result.content[0].text, /^DENIED by rule "quarantine".*open_later is quarantined/);
  assert.equal(server.asked('tools/call open_later').length, 0);
  await relay.acceptTools();
  assert.equal(await isListed(), true);
  assert.equal((await caller.call('open_later')).result.content[0].text, 'done');
});

test('a tool that came later is known when the target has said that its list changed', async () => {
  assert.equal((await caller.call('open_told')).error.code, -32602);
  tools.push(tool('open_told'));
  server.on('GET', (turn) => {
    turn.stream();
    turn.event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  });
  const stream = await caller.listen();
  assert.equal((await stream.message()).method, 'notifications/tools/list_changed');
  stream.drop();
  assert.match((await caller.call('open_told')).result.content[0].text, /quarantine/);
  await relay.acceptTools();
  assert.equal((await caller.call('open_told')).result.content[0].text, 'done');
});

test('arguments that do not fit the schema of the list go nowhere', async () => {
  tools.push({ ...tool('open_typed'), inputSchema: { type: 'object', properties: { rows: { type: 'integer' } }, required: ['rows'] } });
  await caller.ask('tools/list');
  await relay.acceptTools();
  assert.equal((await caller.call('open_typed', { rows: 'many' })).error.code, -32602);
  assert.equal(server.asked('tools/call open_typed').length, 0);
  assert.equal((await caller.call('open_typed', { rows: 1 })).result.content[0].text, 'done');
});
