import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../../core/json.ts';
import { readMessage, type RpcMessage } from './codec.ts';
import { checkModern, checkParams, decodeHeader, type McpHeaders } from './headers.ts';
import { encodeHeader, modernHeaders } from './write-headers.ts';

const meta = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
function request(method: string, params: string): Exclude<RpcMessage, { kind: 'response' }> {
  const message = readMessage(parseJson(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params}${params === '' ? '' : ','}${meta}}}`));
  assert.ok(message.kind !== 'response');
  return message;
}

/** What a server would read of them. */
function asRead(sent: Readonly<Record<string, string>>): McpHeaders {
  const params = new Map(Object.entries(sent).flatMap(([name, value]) => (name.startsWith('mcp-param-') ? [[name.slice(10), value] as const] : [])));
  return { version: sent['mcp-protocol-version'], method: sent['mcp-method'], name: sent['mcp-name'], sessionId: undefined, lastEventId: undefined, params };
}

test('what is written is what a server of that revision asks for', () => {
  for (const message of [
    request('tools/list', ''),
    request('tools/call', '"name":"run"'),
    request('tools/call', '"name":"größe ändern"'),
    request('tools/call', '"name":" run "'),
    request('tools/call', '"name":"=?base64?cnVu?="'),
    request('prompts/get', '"name":"p"'),
    request('resources/read', '"uri":"file:///ä"'),
    request('tasks/get', '"taskId":"t"'),
  ])
    assert.equal(checkModern(message, asRead(modernHeaders(message))), undefined, message.method);
});

test('arguments that a schema marks are repeated, and others are not', () => {
  const marked = new Map([
    ['region', ['region']],
    ['depth', ['options', 'depth']],
    ['absent', ['absent']],
  ]);
  const message = request('tools/call', '"name":"run","arguments":{"region":"Zürich","options":{"depth":9007199254740993},"secret":"x"}');
  const sent = modernHeaders(message, marked);
  assert.deepEqual(
    Object.keys(sent).filter((name) => name.startsWith('mcp-param-')),
    ['mcp-param-region', 'mcp-param-depth'],
  );
  assert.equal(checkParams(marked, parseJson('{"region":"Zürich","options":{"depth":9007199254740993}}'), asRead(sent)), undefined);
});

test('any text survives a header', () => {
  for (const text of ['a', 'a b', ' a', 'a ', '', 'ä', '\u{1f642}', '=?base64?YQ==?=', '=?BASE64?', 'a"b\\c'])
    assert.equal(decodeHeader(encodeHeader(text)), text, JSON.stringify(text));
});
