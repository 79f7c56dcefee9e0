import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonNumber, parseJson, writeJson, type JsonValue } from '../../core/json.ts';
import { createMasker } from '../../masking/masker.ts';
import { maskMessage, maskRequest } from './mask.ts';

const key = new Uint8Array(32);
const rules = [{ fields: ['$.customer.pet'], detect: ['email', 'credit-card', 'us-ssn', 'secret'], operator: 'redact' as const }];
const masker = createMasker(rules, { key, direction: 'reply' });
const requestMasker = createMasker([], { key, direction: 'request' });

const reply = (result: JsonValue): JsonValue => ({ jsonrpc: '2.0', id: 1, result });
const masked = (message: JsonValue): string => writeJson(maskMessage(message, masker).value);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Every way out of a server: none may carry the planted values. */
const WAYS: Readonly<Record<string, JsonValue>> = {
  'a text block': reply({ content: [{ type: 'text', text: 'ssn 536-22-7741' }] }),
  'structured content': reply({ content: [], structuredContent: { row: { ssn: '536-22-7741' } } }),
  'result _meta': reply({ content: [], _meta: { debug: '536-22-7741' } }),
  'a block _meta': reply({ content: [{ type: 'text', text: 'x', _meta: { debug: '536-22-7741' } }] }),
  'an embedded resource': reply({ content: [{ type: 'resource', resource: { uri: 'file:///x', text: 'ssn 536-22-7741' } }] }),
  'a resource link': reply({ content: [{ type: 'resource_link', uri: 'https://x/u/536-22-7741', name: '536-22-7741', description: 'ssn 536-22-7741' }] }),
  'an unknown block': reply({ content: [{ type: 'hologram', payload: { deep: ['536-22-7741'] } }] }),
  'a tool use block': reply({ role: 'assistant', content: { type: 'tool_use', id: 't1', name: 'x', input: { ssn: '536-22-7741' } } }),
  'a tool result block': reply({ content: [{ type: 'tool_result', toolUseId: 't1', content: [{ type: 'text', text: '536-22-7741' }] }] }),
  'a read resource': reply({ contents: [{ uri: 'file:///x', mimeType: 'text/plain', text: '536-22-7741' }] }),
  'a prompt': reply({ description: '536-22-7741', messages: [{ role: 'user', content: { type: 'text', text: '536-22-7741' } }] }),
  'completion values': reply({ completion: { values: ['536-22-7741', 'b'], total: 2 } }),
  'a tool description': reply({ tools: [{ name: 'x', description: 'like 536-22-7741', inputSchema: { type: 'object' } }] }),
  'server instructions': reply({ protocolVersion: '2025-11-25', instructions: 'use 536-22-7741' }),
  'a task': reply({ task: { taskId: 't1', status: 'working', statusMessage: 'at 536-22-7741' } }),
  'a task payload': reply({ resultType: 'task', taskId: 't1', result: { content: [{ type: 'text', text: '536-22-7741' }] } }),
  'an input request': reply({ resultType: 'inputRequired', inputRequests: { a: { method: 'elicitation/create', params: { message: '536-22-7741' } } } }),
  'an unknown member': reply({ extension: { x: ['536-22-7741'] } }),
  'an error message': { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'bad "536-22-7741"' } },
  'error data': { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'x', data: { row: '536-22-7741' } } },
  'a log message': { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'ssn 536-22-7741' } },
  'a progress message': { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1, message: '536-22-7741' } },
  'a task notification': { jsonrpc: '2.0', method: 'notifications/tasks/status', params: { taskId: 't1', statusMessage: '536-22-7741' } },
  'an elicitation': { jsonrpc: '2.0', id: 5, method: 'elicitation/create', params: { message: 'is 536-22-7741 yours?', requestedSchema: { type: 'object' } } },
  sampling: {
    jsonrpc: '2.0',
    id: 5,
    method: 'sampling/createMessage',
    params: { systemPrompt: '536-22-7741', messages: [{ role: 'user', content: [{ type: 'text', text: '536-22-7741' }] }] },
  },
  'an unknown notification': { jsonrpc: '2.0', method: 'x/y', params: { any: { thing: '536-22-7741' } } },
  'a batch': [reply({ content: [{ type: 'text', text: '536-22-7741' }] })],
  'params that are no object': { jsonrpc: '2.0', method: 'x/y', params: ['536-22-7741'] },
  'content that is a string': reply({ content: '536-22-7741' }),
  'a scalar result': reply('536-22-7741'),
};

for (const [name, message] of Object.entries(WAYS)) {
  test(`a value does not leave by ${name}`, () => {
    assert.ok(writeJson(message).includes('536-22-7741'));
    assert.ok(!masked(message).includes('536-22-7741'));
    assert.ok(masked(message).includes('[redacted:us-ssn]'));
  });
}

test('a message without values is the same object, and nothing is counted', () => {
  const message = parseJson(
    '{"jsonrpc":"2.0","id":9007199254740993,"result":{"content":[{"type":"text","text":"{\\"a\\": 1.0}"}],"structuredContent":{"a":1.0}}}',
  );
  const { value, applied } = maskMessage(message, masker);
  assert.equal(value, message);
  assert.deepEqual(applied, []);
});

test('what the protocol compares survives, however much it looks like a secret', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N';
  const message: JsonValue = {
    jsonrpc: '2.0',
    id: new JsonNumber('4929722653797141'),
    result: {
      nextCursor: token,
      requestState: token,
      taskId: token,
      content: [{ type: 'text', mimeType: 'text/plain', text: 'ssn 536-22-7741' }],
      _meta: { progressToken: token },
    },
  };
  const text = masked(message);
  assert.equal(text.split(token).length, 5);
  assert.ok(text.includes('"id":4929722653797141'));
});

test('a kept member is kept only where it is a scalar', () => {
  assert.ok(!masked(reply({ nextCursor: { ssn: '536-22-7741' } })).includes('536-22-7741'));
});

test('a card that is cut over two blocks is removed from both, and blocks between them do not hide it', () => {
  const image: JsonValue = { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' };
  const message = reply({ content: [{ type: 'text', text: 'card 49297226' }, image, { type: 'text', text: '53797141' }] });
  assert.equal(masked(message), writeJson(reply({ content: [{ type: 'text', text: 'card [redacted:credit-card]' }, image, { type: 'text', text: '' }] })));
});

test('a blob of text is masked inside its base64', () => {
  for (const mimeType of ['text/plain', 'application/json; charset=utf-8', 'image/svg+xml', undefined]) {
    const resource = { uri: 'file:///x', ...(mimeType ? { mimeType } : {}), blob: base64('ssn 536-22-7741') };
    assert.ok(masked(reply({ contents: [resource] })).includes(base64('ssn [redacted:us-ssn]')), mimeType ?? 'no type');
  }
});

test('a blob that claims to be text and cannot be read is withheld; an image passes', () => {
  const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0x00]).toString('base64');
  assert.ok(!masked(reply({ contents: [{ uri: 'x', mimeType: 'text/plain', blob: bytes }] })).includes(bytes));
  assert.ok(masked(reply({ contents: [{ uri: 'x', mimeType: 'image/png', blob: bytes }] })).includes(bytes));
  assert.ok(masked(reply({ content: [{ type: 'image', mimeType: 'image/png', data: bytes }] })).includes(bytes));
});

test('text that is sent as an image is text', () => {
  assert.ok(
    !masked(reply({ content: [{ type: 'image', mimeType: 'image/png', data: base64('ssn 536-22-7741') }] })).includes(base64('ssn 536-22-7741').slice(4, 16)),
  );
});

test('paths are relative to structured content, arguments, log data and JSON in a text alike', () => {
  const payload = { customer: { pet: 'rex' } };
  for (const message of [
    reply({ structuredContent: payload }),
    reply({ content: [{ type: 'text', text: JSON.stringify(payload) }] }),
    { jsonrpc: '2.0', method: 'notifications/message', params: { data: payload } },
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x', arguments: payload } },
  ]) {
    assert.ok(!masked(message).includes('rex'));
  }
});

test('structured content keeps its types', () => {
  const message = reply({ structuredContent: { card: 4929722653797141, ssn: '536-22-7741', ok: true, none: null } });
  assert.equal(masked(message), writeJson(reply({ structuredContent: { card: 0, ssn: '[redacted:us-ssn]', ok: true, none: null } })));
});

test('schemas lose only what a reader cannot see', () => {
  const tool = (text: string): JsonValue => ({
    name: 'x',
    inputSchema: { type: 'object', properties: { mail: { type: 'string', description: `like ada@example.org${text}` } } },
  });
  assert.equal(masked(reply({ tools: [tool('\u202e\u001b')] })), writeJson(reply({ tools: [tool('')] })));
});

test('emoji, Persian and Hindi text is left as it is', () => {
  const message = reply({ tools: [{ name: 'fam', description: 'Family 👨‍👩‍👧 planner (हिन्दी, فارسی‌ها)', inputSchema: { type: 'object' } }] });
  assert.equal(maskMessage(message, masker).value, message);
});

test('counts of all members are added up', () => {
  const { applied } = maskMessage(reply({ content: [{ type: 'text', text: '536-22-7741' }], structuredContent: { a: '536-22-7741' } }), masker);
  assert.deepEqual(applied, [{ by: 'detector', name: 'us-ssn', count: 2 }]);
});

test('a request is recorded without the secrets in its arguments, at any depth, and its names stay', () => {
  const request: JsonValue = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'connect', arguments: { db: { password: 'hunter2x', host: 'db' }, dsn: 'postgres://a:s3cr3tpw@h/x' } },
  };
  const text = writeJson(maskRequest(request, requestMasker).value);
  assert.ok(!/hunter2x|s3cr3tpw/.test(text));
  assert.ok(text.includes('"name":"connect"') && text.includes('"host":"db"'));
});

test('answers of a client are recorded without secrets too', () => {
  const answer: JsonValue = { jsonrpc: '2.0', id: 5, result: { action: 'accept', content: { password: 'hunter2x' } } };
  assert.equal(
    writeJson(maskRequest(answer, requestMasker).value),
    '{"jsonrpc":"2.0","id":5,"result":{"action":"accept","content":{"password":"[redacted:secret]"}}}',
  );
});
