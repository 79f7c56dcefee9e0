import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonNumber, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import { createMasker } from '../../masking/masker.ts';
import { maskMessage } from './mask.ts';

const key = new Uint8Array(32);
const rule = { fields: [], detect: [], operator: 'redact' as const };
/** By value, by place, by a policy's own pattern, all of it, and nothing but what a reader cannot see. */
const MASKERS = [
  [{ ...rule, detect: ['email', 'us-ssn', 'secret', 'phone'], fields: ['$..api_key', '$.rows[1]'] }],
  [{ ...rule, pattern: { name: 'badge', regex: 'B-\\d{4}' } }],
  [{ ...rule, fields: ['$'] }],
  [{ ...rule, fields: ['$.a'], operator: 'null' as const }],
  [],
].map((rules) => createMasker(rules, { key, direction: 'reply' }));

const VALUES: readonly JsonValue[] = [
  { rows: [{ a: 'x' }, { a: 'y' }] },
  { a: '', b: false, c: null, d: 0 },
  { a: 'clean', api_key: '' },
  { ssn: '536-22-7741' },
  { note: 'write to ada@example.org', again: 'ada@example.org' },
  { 'ada@example.org': 1 },
  { name: 'DB_PASSWORD', value: 'Xk29fjQ81mzp' },
  { badge: 'B-1234', n: 41234 },
  { card: 4111111111111111, big: new JsonNumber('9007199254740993'), fraction: new JsonNumber('1.0') },
  { text: '{"inner":"536-22-7741"}', more: 'see {"a":1} and [2]' },
  { data: Buffer.from('the ssn is 536-22-7741').toString('base64') },
  { hidden: 'a\u0000b\u202ec', 'key\u200b': 'v', flag: '\ufe0fx\ufe0f', end: '\u{e0100}' },
  JSON.parse('{"__proto__": {"a": "536-22-7741"}, "constructor": "\\ud800"}') as JsonObject,
  { a: [], b: {}, c: [[[]]] },
];

const reply = (text: string, structuredContent: JsonValue): JsonObject => ({
  jsonrpc: '2.0',
  id: 1,
  result: { content: [{ type: 'text', text }], structuredContent },
});

test('structured content and its copy as a text are masked as each would be alone, and counted as both', () => {
  for (const masker of MASKERS) {
    for (const value of VALUES) {
      for (const text of [writeJson(value), JSON.stringify(value, null, 2), JSON.stringify(value, null, '\t'), `${writeJson(value)} `]) {
        const alone = { text: masker.texts([text]), value: masker.json(value) };
        const { value: masked, applied } = maskMessage(reply(text, value), masker);
        assert.equal(writeJson(masked), writeJson(reply(alone.text.value[0] ?? '', alone.value.value)), text);
        const counts = [...alone.text.applied, ...alone.value.applied].reduce((sum, { count }) => sum + count, 0);
        assert.equal(
          applied.reduce((sum, { count }) => sum + count, 0),
          counts,
          text,
        );
      }
    }
  }
});

test('a text that only looks like the structured content is searched by itself', () => {
  const [masker = assert.fail()] = MASKERS;
  const masked = (text: string): string => writeJson(maskMessage(reply(text, { ssn: 'none' }), masker).value);
  assert.equal(masked('{"ssn":"none"}'), writeJson(reply('{"ssn":"none"}', { ssn: 'none' })));
  assert.ok(masked('{"ssn":"536-22-7741"}').includes('[redacted:us-ssn]'));
  assert.ok(masked('{"ssn":"none","ssn":"536-22-7741"}').includes('ssn') && !masked('{"ssn":"none","ssn":"536-22-7741"}').includes('536-22-7741'));
  assert.ok(masked('{"ssn":"none"} 536-22-7741').includes('[redacted:us-ssn]'));
});

test('a second block is searched beside the copy, and what the two hold together too', () => {
  const [masker = assert.fail()] = MASKERS;
  const content = [
    { type: 'text', text: '{"a":"x"}' },
    { type: 'text', text: 'ssn 536-22-7741' },
  ];
  const { value } = maskMessage({ jsonrpc: '2.0', id: 1, result: { content, structuredContent: { a: 'x' } } }, masker);
  assert.ok(!writeJson(value).includes('536-22-7741'));
});
