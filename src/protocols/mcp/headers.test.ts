import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJson } from '../../core/json.ts';
import { readBody, type RpcMessage } from './codec.ts';
import { checkLegacy, checkModern, checkParams, decodeHeader, eraOf, type McpHeaders } from './headers.ts';

const NONE: McpHeaders = { version: undefined, method: undefined, name: undefined, sessionId: undefined, lastEventId: undefined, params: new Map() };
const GOOD: McpHeaders = { ...NONE, version: '2026-07-28', method: 'tools/call', name: 'get_weather' };

function message(version: string | undefined, name = 'get_weather'): RpcMessage {
  const meta = version === undefined ? {} : { _meta: { 'io.modelcontextprotocol/protocolVersion': version } };
  const [first] = readBody(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {}, ...meta } })), 64).messages;
  assert.ok(first);
  return first;
}

describe('headers of revision 2026-07-28', () => {
  it('pass when they agree with the body, also wrapped in base64', () => {
    assert.equal(checkModern(message('2026-07-28'), GOOD), undefined);
    const wrapped = `=?base64?${Buffer.from('get_weather').toString('base64')}?=`;
    assert.equal(checkModern(message('2026-07-28'), { ...GOOD, name: wrapped }), undefined);
    const japanese = `=?base64?${Buffer.from('天気').toString('base64')}?=`;
    assert.equal(checkModern(message('2026-07-28', '天気'), { ...GOOD, name: japanese }), undefined);
  });

  it('are a mismatch when missing, different or unreadable', () => {
    for (const change of [
      { version: undefined },
      { method: undefined },
      { name: undefined },
      { method: 'tools/list' },
      { method: 'Tools/Call' },
      { name: 'run_shell' },
      { name: '=?base64?cnVuX3NoZWxs?=' },
      { name: '=?base64?!!?=' },
    ]) {
      assert.equal(checkModern(message('2026-07-28'), { ...GOOD, ...change })?.code, -32020, JSON.stringify(change));
    }
    assert.equal(checkModern(message(undefined), GOOD)?.code, -32602);
    assert.equal(checkModern(message('2025-11-25'), GOOD)?.code, -32020);
  });

  it('a version that nobody speaks is named, with those that are', () => {
    const problem = checkModern(message('2099-01-01'), { ...GOOD, version: '2099-01-01' });
    assert.equal(problem?.code, -32022);
    assert.deepEqual(problem?.data, { supported: ['2026-07-28'], requested: '2099-01-01' });
  });

  it('the body decides the era: leaving the header out is no way to the older rules', () => {
    assert.equal(eraOf(message('2026-07-28'), NONE), 'modern');
    assert.equal(eraOf(message(undefined), GOOD), 'modern');
    assert.equal(eraOf(message(undefined), { ...NONE, version: '2025-06-18' }), 'legacy');
  });

  it('an older request may name a known version or none', () => {
    assert.equal(checkLegacy(NONE), undefined);
    assert.equal(checkLegacy({ ...NONE, version: '2025-06-18' }), undefined);
    assert.equal(checkLegacy({ ...NONE, version: 'x' })?.code, -32600);
  });

  it('Mcp-Param headers repeat the argument that the schema marks', () => {
    const marked = new Map([
      ['region', ['region']],
      ['priority', ['options', 'priority']],
    ]);
    const check = (args: string, params: readonly (readonly [string, string])[]) =>
      checkParams(marked, parseJson(args), { ...GOOD, params: new Map(params) })?.code;
    assert.equal(
      check('{"region":"eu","options":{"priority":1}}', [
        ['region', 'eu'],
        ['priority', '1'],
      ]),
      undefined,
    );
    assert.equal(check('{}', []), undefined);
    assert.equal(check('{"region":"eu"}', [['region', 'us']]), -32020);
    assert.equal(check('{"region":"eu"}', []), -32020);
    assert.equal(check('{}', [['region', 'eu']]), -32020);
    assert.equal(check('{"region":null}', [['region', 'null']]), -32020);
  });

  it('a header that decodes to no clean text is unreadable', () => {
    assert.equal(decodeHeader('plain'), 'plain');
    assert.equal(decodeHeader('=?base64?w7w=?='), 'ü');
    assert.equal(decodeHeader('=?base64?/w==?='), undefined);
    assert.equal(decodeHeader('=?base64?w7x=?='), undefined);
  });
});
