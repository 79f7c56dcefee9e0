import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBody } from './codec.ts';
import { commandOf } from './command.ts';
import { supposedCommand } from './supposed.ts';

const suppose = (name: string, args = {}) => supposedCommand({ protocol: 'mcp', name, args });

/** What the wire says of the same command. */
function fromWire(method: string, params: object) {
  const [message] = readBody(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })), 64).messages;
  assert.ok(message && message.kind !== 'response');
  return commandOf(message, 'legacy');
}

test('a supposed command is the one that the wire would have brought: name, naming, effects, arguments, traits, digest', () => {
  assert.deepEqual(suppose('tools/call run', { n: 1 }), fromWire('tools/call', { name: 'run', arguments: { n: 1 } }));
  assert.deepEqual(suppose('tools/list'), fromWire('tools/list', {}));
  assert.deepEqual(suppose('initialize'), fromWire('initialize', {}));
  assert.deepEqual(suppose('resources/read file:///a b'), fromWire('resources/read', { uri: 'file:///a b' }));
  assert.deepEqual(suppose('prompts/get greet', { who: 'ann' }), fromWire('prompts/get', { name: 'greet', arguments: { who: 'ann' } }));
  const ref = { type: 'ref/prompt', name: 'greet' };
  assert.deepEqual(suppose('completion/complete', { ref }), fromWire('completion/complete', { ref }));
  assert.deepEqual(suppose('shell/exec'), fromWire('shell/exec', {}));
});

test('what a rule has to spell out is named so: unknown methods, and what a server asks of its client', () => {
  assert.equal(suppose('shell/exec').naming, 'literal');
  assert.equal(suppose('tools/list now').naming, 'literal');
  assert.equal(suppose('sampling/createMessage').naming, 'literal');
  assert.equal(suppose('elicitation/create https://a.example/x').name, 'elicitation/create https://a.example/x');
  assert.equal(suppose('session/end').naming, 'handshake');
  assert.equal(suppose('tools/call run').naming, 'plain');
});
