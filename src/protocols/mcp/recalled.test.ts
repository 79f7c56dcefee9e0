import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBody } from './codec.ts';
import { commandOf } from './command.ts';
import { recalledCommand } from './supposed.ts';

const message = (method: string, params: object) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
const META = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };

test('a recorded request becomes the command that it was, in its own revision', () => {
  for (const [method, params, era] of [
    ['tools/call', { name: 'run', arguments: { n: 1 } }, 'legacy'],
    ['tools/call', { name: 'run', arguments: {}, ...META }, 'modern'],
    ['ping', {}, 'legacy'],
    ['ping', META, 'modern'],
  ] as const) {
    const text = message(method, params);
    const [read] = readBody(Buffer.from(text), 64).messages;
    assert.ok(read && read.kind !== 'response');
    assert.deepEqual(recalledCommand(method, text), commandOf(read, era));
  }
});

test('without its request a command is what its name says; a batch is none', () => {
  assert.equal(recalledCommand('sampling/createMessage', undefined)?.naming, 'literal');
  assert.equal(recalledCommand('session/end', '{}')?.naming, 'handshake');
  assert.equal(recalledCommand('tools/call x', 'not JSON')?.name, 'tools/call x');
  assert.equal(recalledCommand('x', `[${message('ping', {})},${message('ping', {})}]`), undefined);
});
