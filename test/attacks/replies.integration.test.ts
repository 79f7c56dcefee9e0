import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { reply, startBench, type Bench, type RequestParts } from './bench.ts';
import type { Heard } from './wire.ts';

const SSN = '536-22-7741';
const CARD = '4929722653797141';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());
afterEach(() => bench.scripts.clear());

const look: RequestParts = { name: 'look', params: { arguments: {} } };

/** The reply to one call of `look` that the target answers with these bytes. */
async function answered(answer: (response: ServerResponse, id: string) => void, parts: RequestParts = look): Promise<Heard> {
  bench.scripts.set('tools/call', (response, { id }) => answer(response, id));
  return bench.send(await bench.request(parts));
}

const json = (text: string) => (response: ServerResponse) => void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
const result = (value: object) => (response: ServerResponse, id: string) => reply(response, id, { resultType: 'complete', ...value });
const stream =
  (...parts: readonly string[]) =>
  (response: ServerResponse, id: string): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of parts) response.write(part.replaceAll('<id>', id));
    response.end();
  };
const FINAL = 'data: {"jsonrpc":"2.0","id":<id>,"result":{"resultType":"complete","content":[{"type":"text","text":"fine"}]}}\n\n';

test('an ordinary reply arrives as it was sent, as JSON and as an event', async () => {
  const text = 'naïve 日本語 👩‍👩‍👧 हिन्दी \u2028 "quoted" \\ back';
  assert.equal((await answered(result({ content: [{ type: 'text', text }] }))).messages[0]?.result?.['content']?.toString() === '', false);
  const heard = await answered(result({ content: [{ type: 'text', text }], structuredContent: { deep: { n: 1, big: '9007199254740993' } } }));
  assert.deepEqual(heard.messages[0]?.result, {
    resultType: 'complete',
    content: [{ type: 'text', text }],
    structuredContent: { deep: { n: 1, big: '9007199254740993' } },
  });
  const event = await answered(stream(`id: e-1\nevent: message\n${FINAL}`));
  assert.match(event.body, /^event: message$/m);
  assert.doesNotMatch(event.body, /^id:/m, 'nothing can be gone on with where there is no session');
  assert.deepEqual(event.messages[0]?.result?.['content'], [{ type: 'text', text: 'fine' }]);
});

/** Where a value can hide in a stream beside the data of its events. */
const aside: readonly (readonly [string, ...string[]])[] = [
  ['a comment of an event', `: ssn ${SSN}\n${FINAL}`],
  ['a comment of a priming event', `: ssn ${SSN}\nid: 1\ndata:\n\n`, FINAL],
  ['a comment by itself', `: ssn ${SSN}\n\n`, FINAL],
  ['the name of an event', `event: ${SSN}\n${FINAL}`],
  ['the name of a priming event', `event: ${SSN}\nid: 1\ndata:\n\n`, FINAL],
  ['a field that no reader knows', `note: ${SSN}\n${FINAL}`],
  ['a field without a value', `${SSN}\n${FINAL}`],
  ['the id of an event', `id: ${SSN}\n${FINAL}`],
  ['a time to reconnect that is none', `retry: ${SSN}\n${FINAL}`],
];
for (const [what, ...parts] of aside) {
  test(`${what} does not carry a value past the masks`, async () => {
    const heard = await answered(stream(...parts));
    assert.ok(!heard.body.includes(SSN), heard.body);
    assert.equal(heard.messages.at(-1)?.result?.isError, undefined, heard.body);
    assert.equal(heard.status, 200);
  });
}

const hidden: readonly (readonly [what: string, value: object])[] = [
  ['text', { content: [{ type: 'text', text: `ssn ${SSN}` }] }],
  ['structured content', { content: [], structuredContent: { person: { ssn: SSN } } }],
  ['structured content that is a list', { content: [], structuredContent: [[`ssn ${SSN}`]] }],
  ['a key', { content: [], structuredContent: { [`ssn ${SSN}`]: 1 } }],
  ['_meta of the result', { content: [], _meta: { 'x.example/debug': `ssn ${SSN}` } }],
  ['_meta of a block', { content: [{ type: 'text', text: 'x', _meta: { d: `ssn ${SSN}` } }] }],
  ['a resource’s text', { content: [{ type: 'resource', resource: { uri: 'file:///a', text: `ssn ${SSN}` } }] }],
  ['a resource’s blob', { content: [{ type: 'resource', resource: { uri: 'file:///a', blob: Buffer.from(`ssn ${SSN}`).toString('base64') } }] }],
  ['a link', { content: [{ type: 'resource_link', uri: `https://x.example/?ssn=${SSN}`, name: `ssn ${SSN}`, description: `ssn ${SSN}` }] }],
  ['annotations', { content: [{ type: 'text', text: 'x', annotations: { audience: [`ssn ${SSN}`] } }] }],
  ['JSON in JSON in JSON', { content: [{ type: 'text', text: JSON.stringify(JSON.stringify({ a: JSON.stringify({ ssn: SSN }) })) }] }],
  ['base64 in a text', { content: [{ type: 'text', text: `blob ${Buffer.from(`the ssn of the person is ${SSN} indeed`).toString('base64')} end` }] }],
  ['three blocks', { content: ['536-', '22-', '7741'].map((text) => ({ type: 'text', text: text === '536-' ? 'ssn 536-' : text })) }],
  [
    'two blocks and a picture between',
    {
      content: [
        { type: 'text', text: 'ssn 536-22' },
        { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' },
        { type: 'text', text: '-7741' },
      ],
    },
  ],
  ['a block of an unknown type', { content: [{ type: 'hologram', layers: [`ssn ${SSN}`] }] }],
  ['an unknown member of the result', { content: [], remarks: `ssn ${SSN}` }],
  ['the type of a block', { content: [{ type: `ssn ${SSN}`, text: 'x' }] }],
  ['the role of a message', { content: [{ type: 'text', role: `ssn ${SSN}`, text: 'x' }] }],
  ['a mime type', { content: [{ type: 'resource_link', uri: 'file:///a', name: 'a', mimeType: `ssn ${SSN}` }] }],
];
for (const [what, value] of hidden) {
  test(`a masked value does not get through in ${what}`, async () => {
    const heard = await answered(result(value));
    const found = heard.body + heard.messages.map((message) => decoded(message)).join('');
    assert.ok(!found.includes(SSN) && !(what.includes('blocks') && joined(heard).includes(SSN)), heard.body);
    assert.equal(heard.status, 200);
    assert.ok(heard.messages[0]?.result, heard.body);
  });
}

const joined = (heard: Heard): string => ((heard.messages[0]?.result?.['content'] ?? []) as { text?: string }[]).map(({ text = '' }) => text).join('');
/** What base64 in it says. */
function decoded(value: unknown): string {
  return JSON.stringify(value).replace(/[A-Za-z0-9+/]{16,}={0,2}/g, (text) => Buffer.from(text, 'base64').toString());
}

test('escapes of the JSON itself hide nothing', async () => {
  const escaped = `ssn ${SSN}`
    .split('')
    .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
  const heard = await answered((response, id) => json(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"${escaped}"}]}}`)(response));
  assert.ok(!JSON.stringify(heard.messages).includes(SSN) && heard.messages[0]?.result, heard.body);
});

test('what goes before the answer is masked too, and events cut anywhere are put together', async () => {
  const log = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"card ${CARD}"}}\n\n`;
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/logLevel': 'debug',
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'look', arguments: {}, _meta: meta } });
  for (let at = 60; at < log.length; at += 17) {
    const heard = await answered(stream(log.slice(0, at), log.slice(at), FINAL), { ...look, headers: { 'Mcp-Name': 'look' }, body });
    assert.ok(!heard.body.includes(CARD), heard.body);
    assert.equal(heard.messages.length, 2, heard.body);
  }
});

test('errors are masked: message, data and a code that is no number', async () => {
  for (const error of [
    { code: -32603, message: `no ssn ${SSN}` },
    { code: -32603, message: 'x', data: { rows: [{ ssn: SSN }] } },
    { code: `ssn ${SSN}`, message: 'x' },
  ]) {
    const heard = await answered((response, id) => json(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`)(response));
    assert.ok(!heard.body.includes(SSN) && heard.messages[0]?.error, heard.body);
  }
});

const CONTROL = ['\u001b[31m', '\u001b]52;c;eA==\u0007', '\u009b8m', '\u202e', '\u2066', '\u{e0041}', '\u0000', '\u007f'];
test('control characters go nowhere: texts, keys, and the protocol’s own words', async () => {
  for (const mark of CONTROL) {
    for (const value of [
      { content: [{ type: 'text', text: `a${mark}b` }] },
      { content: [], structuredContent: { [`k${mark}`]: `v${mark}` } },
      { content: [{ type: `te${mark}xt`, text: 'x' }] },
      { content: [{ type: 'resource_link', uri: `file:///a${mark}`, name: `n${mark}`, mimeType: `text/${mark}plain` }] },
      { content: [{ type: 'text', text: 'x' }], nextCursor: `c${mark}`, taskId: `t${mark}` },
      { content: [], [`odd${mark}`]: 1 },
      { content: [], _meta: { 'io.modelcontextprotocol/subscriptionId': `s${mark}`, traceparent: `t${mark}` } },
    ]) {
      const heard = await answered(result(value));
      assert.ok(!JSON.stringify(heard.messages).includes(JSON.stringify(mark).slice(1, -1)), `${JSON.stringify(mark)}: ${heard.body}`);
      assert.equal(heard.status, 200);
    }
  }
});

const unusable: readonly (readonly [what: string, answer: (response: ServerResponse, id: string) => void])[] = [
  ['a redirect', (response) => void response.writeHead(307, { location: 'http://169.254.169.254/' }).end()],
  ['a page', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<b>hello</b>')],
  ['no content type', (response) => void response.writeHead(200).end('{"jsonrpc":"2.0","id":1,"result":{}}')],
  ['a content type that says something', (response) => void response.writeHead(200, { 'content-type': `ssn ${SSN}` }).end('x')],
  [
    'an encoding that was not asked for',
    (response) => void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('x'),
  ],
  ['bytes that are no UTF-8', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22]))],
  ['half of a JSON text', json('{"jsonrpc":"2.0","id":1,"resu')],
  ['duplicate keys', json('{"jsonrpc":"2.0","id":1,"result":{},"result":{"a":1}}')],
  ['another id', json('{"jsonrpc":"2.0","id":2,"result":{}}')],
  ['the id as a text', json('{"jsonrpc":"2.0","id":"1","result":{}}')],
  ['result and error at once', json('{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}')],
  ['nothing', json('')],
  ['a batch', json('[{"jsonrpc":"2.0","id":1,"result":{}}]')],
  ['a stream that ends without an answer', stream('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n')],
  ['a stream with something else than JSON', stream('data: hello\n\n')],
  [
    'a connection that is cut',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"jsonrpc"');
      setTimeout(() => response.destroy(), 20);
    },
  ],
  [
    'a demand for credentials',
    (response) => void response.writeHead(401, { 'www-authenticate': 'Bearer resource_metadata="http://169.254.169.254/"', 'set-cookie': 'a=b' }).end(),
  ],
  ['more nesting than a reply may have', json(`{"jsonrpc":"2.0","id":1,"result":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`)],
];
for (const [what, answer] of unusable) {
  test(`a target that answers with ${what}: the caller gets an error of the gateway, and nothing of it`, async () => {
    const heard = await answered(answer);
    const error = heard.messages.at(-1)?.error;
    assert.ok(error, `${heard.status} ${heard.body}`);
    assert.ok(heard.status >= 502 || heard.status === 200, heard.head);
    assert.doesNotMatch(heard.head + heard.body, /169\.254|set-cookie|hello|536-22/i);
  });
}

test('one answer is enough: a second one, and what follows it, is not passed on', async () => {
  const second = FINAL.replace('fine', 'second');
  const heard = await answered(stream(FINAL, second, `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"second"}}\n\n`));
  assert.equal(heard.messages.length, 1);
  assert.ok(!heard.body.includes('second'));
});

test('answers to requests of others, and requests in the stateless revision, are not passed on', async () => {
  const foreign = FINAL.replace('<id>', '99').replace('fine', 'foreign');
  const asks = 'data: {"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{"messages":[]}}\n\n';
  const heard = await answered(stream(foreign, asks, FINAL));
  assert.deepEqual(
    heard.messages.map(({ result: value }) => value?.['content']),
    [[{ type: 'text', text: 'fine' }]],
  );
});

test('the target’s headers do not reach the caller', async () => {
  const heard = await answered((response, id) => {
    for (const [name, value] of [
      ['set-cookie', 'a=b'],
      ['access-control-allow-origin', '*'],
      ['x-powered-by', 'lab'],
      ['etag', '"x"'],
      ['location', '/x'],
    ] as const)
      response.setHeader(name, value);
    reply(response, id, { resultType: 'complete', content: [] });
  });
  assert.equal(heard.status, 200);
  assert.doesNotMatch(heard.head, /set-cookie|access-control|powered|etag|location/i);
});

const echoed: readonly (readonly [what: string, value: (secret: string) => object])[] = [
  ['a text', (secret) => ({ content: [{ type: 'text', text: `your key is ${secret}` }] })],
  ['two texts', (secret) => ({ content: [secret.slice(0, 9), secret.slice(9)].map((text) => ({ type: 'text', text })) })],
  ['structured content', (secret) => ({ content: [], structuredContent: { headers: { 'x-api-key': secret } } })],
  ['a key', (secret) => ({ content: [], structuredContent: { [secret]: 1 } })],
  [
    'base64',
    (secret) => ({
      content: [{ type: 'resource', resource: { uri: 'a:b', mimeType: 'image/png', blob: Buffer.from(`\u0089PNG${secret}`).toString('base64') } }],
    }),
  ],
  ['a cursor', (secret) => ({ content: [], nextCursor: secret })],
  ['a type', (secret) => ({ content: [{ type: secret }] })],
];
for (const [what, value] of echoed) {
  test(`the credential that the gateway gave the target does not come back in ${what}, whatever the policy masks`, async () => {
    const heard = await answered(result(value(bench.secret)));
    assert.ok(heard.messages[0]?.result, heard.body);
    assert.ok(!`${heard.body}${decoded(heard.messages)}${joined(heard)}`.includes(bench.secret), heard.body);
  });
}

test('the credential does not come back in an error, an event, or a notification', async () => {
  const log = `data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"x":"${bench.secret}"}}\n\n`;
  for (const answer of [
    (response: ServerResponse, id: string) =>
      json(`{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"bad key ${bench.secret}","data":"${bench.secret}"}}`)(response),
    stream(log, FINAL.replace('fine', bench.secret)),
  ]) {
    const heard = await answered(answer);
    assert.ok(heard.messages.length > 0 && !heard.body.includes(bench.secret), heard.body);
  }
});
