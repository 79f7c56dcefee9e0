import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJson, type JsonValue } from '../../core/json.ts';
import { argumentCheck, readTool } from './tools.ts';

const STRICT = { extraArguments: 'refuse', leadingDash: 'refuse' } as const;
const LOOSE = { extraArguments: 'allow', leadingDash: 'allow' } as const;

const tool = (inputSchema: JsonValue, more: object = {}) => {
  const read = readTool({ name: 'x', inputSchema, ...more });
  assert.ok(read);
  return read;
};

describe('tools', () => {
  it('have the same hash whatever the order of their members, and another when anything changes', () => {
    const hash = (text: string): string | undefined => readTool(parseJson(text))?.hash;
    const first = hash('{"name":"add","description":"x","inputSchema":{"type":"object"}}');
    assert.equal(hash('{"inputSchema":{ "type":"object"},"description":"x","name":"add"}'), first);
    assert.notEqual(hash('{"name":"add","description":"y","inputSchema":{"type":"object"}}'), first);
    assert.notEqual(hash('{"name":"add","description":"x","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}'), first);
  });

  it('are not shown where their name hides something', () => {
    const named = (name: string): boolean => readTool({ name, inputSchema: { type: 'object' } }) !== undefined;
    for (const name of ['look', 'データ', 'a b', 'look.v2', 'ns/look', 'é']) assert.ok(named(name), name);
    for (const name of ['', 'look ', ' look', 'look\u00a0', 'look\u200d', 'look\u202ex', 'look\u{e0041}', '\u009blook', 'a\u2028b', 'a\u0000b', '\ud800'])
      assert.ok(!named(name), JSON.stringify(name));
  });

  it('are not shown where their headers cannot be', () => {
    const schema = (header: string, more: object = {}): JsonValue => ({
      type: 'object',
      properties: { r: { type: 'string', 'x-mcp-header': header }, ...more },
    });
    assert.deepEqual(tool(schema('Region')).headers, new Map([['region', ['r']]]));
    assert.equal(readTool({ name: 'x', inputSchema: schema('Region\r\nX-Admin: 1') }), undefined);
    assert.equal(readTool({ name: 'x', inputSchema: schema('Region', { s: { type: 'string', 'x-mcp-header': 'REGION' } }) }), undefined);
    assert.equal(readTool({ name: 'x', inputSchema: { type: 'object', properties: { r: { type: 'object', 'x-mcp-header': 'R' } } } }), undefined);
    assert.equal(readTool({ name: 'x', inputSchema: { type: 'object', items: { type: 'string', 'x-mcp-header': 'R' } } }), undefined);
  });

  it('have names that every reader takes alike', () => {
    for (const name of ['', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(300)]) assert.equal(readTool({ name, inputSchema: {} }), undefined);
  });
});

describe('arguments', () => {
  it('fit the schema or are refused with the reason', () => {
    const check = argumentCheck(tool({ type: 'object', properties: { id: { type: 'integer', minimum: 1 } }, required: ['id'] }), STRICT);
    assert.equal(check({ id: 1 }), undefined);
    assert.match(check({ id: 'x' }) ?? '', /integer/);
    assert.match(check({}) ?? '', /required/);
  });

  it('that the schema closes against are refused everywhere; undeclared ones where the target says so', () => {
    const closed = tool({ type: 'object', properties: { id: {} }, additionalProperties: false });
    const open = tool({ type: 'object', properties: { id: {} } });
    assert.match(argumentCheck(closed, LOOSE)({ id: 1, sidenote: 'x' }) ?? '', /additional/);
    assert.match(argumentCheck(open, STRICT)({ id: 1, sidenote: 'x' }) ?? '', /not declared/);
    assert.equal(argumentCheck(open, LOOSE)({ id: 1, sidenote: 'x' }), undefined);
    assert.match(argumentCheck(open, STRICT)(parseJson('{"__proto__":1}')) ?? '', /not declared/);
  });

  it('may not begin with a dash unless the schema bounds them or the target allows it', () => {
    const free = tool({ type: 'object', properties: { url: { type: 'string' }, list: { type: 'array', items: { type: 'string' } } } });
    const bound = tool({ type: 'object', properties: { url: { type: 'string', pattern: '^-?x' } } });
    assert.match(argumentCheck(free, STRICT)({ url: '--upload-pack=touch' }) ?? '', /option/);
    assert.match(argumentCheck(free, STRICT)({ list: ['ok', '-rf'] }) ?? '', /list\.1/);
    assert.equal(argumentCheck(free, STRICT)({ url: '-12.5' }), undefined);
    assert.equal(argumentCheck(free, LOOSE)({ url: '--upload-pack=touch' }), undefined);
    assert.equal(argumentCheck(bound, STRICT)({ url: '-x' }), undefined);
  });

  it('are matched in linear time whatever pattern a server names', () => {
    const check = argumentCheck(tool({ type: 'object', properties: { v: { type: 'string', pattern: '^(a+)+$' } } }), LOOSE);
    assert.match(check({ v: `${'a'.repeat(50_000)}!` }) ?? '', /pattern/);
    assert.equal(check({ v: 'a'.repeat(50_000) }), undefined);
  });

  it('are held against their own pattern and not another one', () => {
    const check = argumentCheck(tool({ type: 'object', properties: { a: { type: 'string', pattern: '^a$' }, b: { type: 'string', pattern: '^b$' } } }), LOOSE);
    assert.equal(check({ a: 'a', b: 'b' }), undefined);
    assert.match(check({ a: 'a', b: 'a' }) ?? '', /\/b must match/);
  });

  it('cannot be checked against a schema that cannot be used, so the call is refused', () => {
    for (const schema of [{ type: 'nonsense' }, { $ref: 'http://169.254.169.254/schema' }, { properties: { a: { pattern: '(?=x)' } } }]) {
      assert.match(argumentCheck(tool(schema), LOOSE)({ a: 'x' }) ?? '', /cannot be used/);
    }
  });
});
