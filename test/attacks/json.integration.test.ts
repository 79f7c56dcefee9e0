import { gzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { META, startBench, type Bench, type RequestParts } from './bench.ts';
import { forwarded, meets, rejected, type Fate } from './expect.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const meta = JSON.stringify(META);
const NAMED = { 'Mcp-Name': 'look' };
/** A call of `look` as JSON text, with more members in it. */
const call = ({ envelope = '', params = '', args = '{}', inMeta = '', id = '1' } = {}): RequestParts => ({
  headers: NAMED,
  body: `{"jsonrpc":"2.0","id":${id}${envelope},"method":"tools/call","params":{"name":"look","arguments":${args}${params},"_meta":${meta.slice(0, -1)}${inMeta}}}}`,
});
const raw = (body: string): RequestParts => ({ headers: NAMED, body });
const UNREADABLE = rejected(400, [-32700, -32600]);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const cases: readonly (readonly [what: string, parts: RequestParts, fate: Fate])[] = [
  ['an ordinary call', call(), forwarded],
  ['white space around and within', raw(` \r\n\t${call().body?.replaceAll(',', ' ,\n')}\n`), forwarded],
  ['an escaped key that is there once', raw(call().body?.replace('"name"', '"n\\u0061me"') ?? ''), forwarded],
  ['unknown members', call({ envelope: ',"extra":1', params: ',"other":{}', inMeta: ',"vendor.example/x":1' }), forwarded],
  ['prototype keys in arguments are data', call({ args: '{"__proto__":{"a":1},"constructor":1}' }), forwarded],
  ['numbers that no double holds, in arguments', call({ args: '{"n":12345678901234567890.5,"e":1e400}' }), forwarded],
  ['an id of 60 digits', call({ id: '9'.repeat(60) }), forwarded],
  ['an id that is a string of digits', call({ id: '"1"' }), forwarded],
  ['an empty string as id', call({ id: '""' }), forwarded],
  ['a negative id', call({ id: '-5' }), forwarded],
  ['arguments nested 200 deep', call({ args: `{"a":${nested(200)}}` }), forwarded],
  ['duplicate method', call({ envelope: ',"method":"tools/list"' }), UNREADABLE],
  ['duplicate id', call({ envelope: ',"id":2' }), UNREADABLE],
  ['duplicate jsonrpc', call({ envelope: ',"jsonrpc":"2.0"' }), UNREADABLE],
  ['duplicate name', call({ params: ',"name":"shell"' }), UNREADABLE],
  ['duplicate arguments', call({ params: ',"arguments":{"city":"x"}' }), UNREADABLE],
  ['duplicate key deep in the arguments', call({ args: '{"a":[{"b":{"c":1,"c":2}}]}' }), UNREADABLE],
  ['duplicate __proto__', call({ args: '{"__proto__":1,"__proto__":2}' }), UNREADABLE],
  ['duplicate _meta member', call({ inMeta: ',"io.modelcontextprotocol/protocolVersion":"2025-11-25"' }), UNREADABLE],
  ['another case of name', call({ params: ',"Name":"shell"' }), UNREADABLE],
  ['another case of params', call({ envelope: ',"PARAMS":{"name":"shell"}' }), UNREADABLE],
  ['another width of name', call({ params: ',"ｎame":"shell"' }), UNREADABLE],
  ['a Kelvin sign in a key', call({ params: ',"tas\u212A":{}' }), UNREADABLE],
  ['a long s in a key', call({ params: ',"argument\u017F":{}' }), UNREADABLE],
  ['a name followed by NUL', call({ params: ',"name\\u0000x":"shell"' }), UNREADABLE],
  ['a name with a zero-width joiner', call({ params: ',"na\\u200dme":"shell"' }), UNREADABLE],
  ['a name with a space behind it', call({ params: ',"name ":"shell"' }), UNREADABLE],
  ['another case of a reserved _meta member', call({ inMeta: ',"io.modelcontextprotocol/ProtocolVersion":"2025-11-25"' }), UNREADABLE],
  ['a byte order mark', raw(`\ufeff${call().body}`), UNREADABLE],
  ['a comment', call({ args: '{/* */}' }), UNREADABLE],
  ['a line comment', raw(`${call().body}// x`), UNREADABLE],
  ['a trailing comma', call({ args: '{"a":1,}' }), UNREADABLE],
  ['NaN', call({ args: '{"a":NaN}' }), UNREADABLE],
  ['Infinity', call({ args: '{"a":-Infinity}' }), UNREADABLE],
  ['a leading zero', call({ args: '{"a":01}' }), UNREADABLE],
  ['a leading plus', call({ args: '{"a":+1}' }), UNREADABLE],
  ['hexadecimal', call({ args: '{"a":0x10}' }), UNREADABLE],
  ['a bare control character in a string', call({ args: '{"a":"\u0001"}' }), UNREADABLE],
  ['a bare line end in a string', call({ args: '{"a":"\n"}' }), UNREADABLE],
  ['a bad escape', call({ args: '{"a":"\\x41"}' }), UNREADABLE],
  ['unquoted keys', call({ args: '{a:1}' }), UNREADABLE],
  ['a no-break space as white space', raw(`\u00a0${call().body}`), UNREADABLE],
  ['two values', raw(`${call().body}{}`), UNREADABLE],
  ['two values on two lines', raw(`${call().body}\n${call().body}`), UNREADABLE],
  ['a record separator before it', raw(`\u001e${call().body}`), UNREADABLE],
  ['nothing', raw(''), UNREADABLE],
  ['a string', raw('"tools/call"'), UNREADABLE],
  ['null', raw('null'), UNREADABLE],
  ['an empty batch', raw('[]'), UNREADABLE],
  ['a batch in a revision without batches', raw(`[${call().body}]`), UNREADABLE],
  ['nested 257 deep', call({ args: `{"a":${nested(254)}}` }), UNREADABLE],
  ['nested 100,000 deep', call({ args: `{"a":${nested(100_000)}}` }), UNREADABLE],
  ['100,000 openings and no end', raw('['.repeat(100_000)), UNREADABLE],
  ['an id that is null', call({ id: 'null' }), UNREADABLE],
  ['an id that is a fraction', call({ id: '1.5' }), UNREADABLE],
  ['an id with an exponent', call({ id: '1e0' }), UNREADABLE],
  ['an id that is an object', call({ id: '{}' }), UNREADABLE],
  ['an id that is a list', call({ id: '[1]' }), UNREADABLE],
  ['an id that is true', call({ id: 'true' }), UNREADABLE],
  ['an id of 1,025 characters', call({ id: `"${'i'.repeat(1025)}"` }), UNREADABLE],
  ['another version of JSON-RPC', raw(call().body?.replace('"2.0"', '"1.0"') ?? ''), UNREADABLE],
  ['a version that is a number', raw(call().body?.replace('"2.0"', '2.0') ?? ''), UNREADABLE],
  ['params that are a list', { headers: NAMED, body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["look"]}' }, UNREADABLE],
  ['a request that is a response too', call({ envelope: ',"result":{}' }), UNREADABLE],
  ['arguments that are a list', call({ args: '["a"]' }), rejected(400)],
  ['arguments that are a string', call({ args: '"{}"' }), rejected(400)],
  ['arguments that are null', call({ args: 'null' }), rejected(400)],
];

for (const [what, parts, fate] of cases) test(`${what}: ${fate.fate}`, () => meets(bench, parts, fate, what));

const types: readonly (readonly [what: string, headers: RequestParts['headers'], fate: Fate])[] = [
  ['utf-8 in capitals', { 'Content-Type': 'application/json; charset=UTF-8' }, forwarded],
  ['another case of the type', { 'Content-Type': 'Application/JSON' }, forwarded],
  ['utf-16', { 'Content-Type': 'application/json; charset=utf-16' }, rejected([400, 415])],
  ['two charsets', { 'Content-Type': 'application/json; charset=utf-8; charset=utf-7' }, rejected([400, 415])],
  ['two types', { 'Content-Type': ['application/json', 'text/plain'] }, rejected([400, 415])],
  ['two types in one header', { 'Content-Type': 'application/json, text/plain' }, rejected([400, 415])],
  ['plain text', { 'Content-Type': 'text/plain' }, rejected([400, 403, 415])],
  ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, rejected([400, 403, 415])],
  ['several parts', { 'Content-Type': 'multipart/form-data; boundary=x' }, rejected([400, 403, 415])],
  ['another JSON', { 'Content-Type': 'application/json-patch+json' }, rejected([400, 415])],
  ['no type', { 'Content-Type': undefined }, rejected([400, 415])],
];
for (const [what, headers, fate] of types)
  test(`content type, ${what}: ${fate.fate}`, () => meets(bench, { ...call(), headers: { ...NAMED, ...headers } }, fate, what));

/** The head of an ordinary call with other bytes behind it. */
async function withBytes(bytes: Buffer, headers: Record<string, string> = {}): Promise<Buffer> {
  const text = await bench.request({ ...call(), body: '', headers: { ...NAMED, 'Content-Length': String(bytes.length), ...headers } });
  return Buffer.concat([Buffer.from(text), bytes]);
}

test('bytes of another encoding are no message', async () => {
  const text = call().body ?? '';
  for (const [what, bytes] of [
    ['UTF-16LE', Buffer.from(text, 'utf16le')],
    ['UTF-16LE with its mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16BE', Buffer.from(text, 'utf16le').swap16()],
    ['an overlong slash', replaced(text, Buffer.from([0xc0, 0xaf]))],
    ['half a surrogate pair', replaced(text, Buffer.from([0xed, 0xa0, 0x80]))],
    ['beyond Unicode', replaced(text, Buffer.from([0xf5, 0x80, 0x80, 0x80]))],
    ['latin-1', replaced(text, Buffer.from([0xe9]))],
    ['a sequence cut short', replaced(text, Buffer.from([0xe2, 0x82]))],
  ] as const)
    await meets(bench, await withBytes(Buffer.from(bytes)), UNREADABLE, what);
  await meets(bench, await withBytes(replaced(text, Buffer.from('é€😀'))), forwarded, 'UTF-8');
});

function replaced(text: string, bytes: Buffer): Buffer {
  const [before = '', behind = ''] = text.replace('"arguments":{}', '"arguments":{"a":"\u0001"}').split('\u0001');
  return Buffer.concat([Buffer.from(before), bytes, Buffer.from(behind)]);
}

test('a compressed body is not unpacked', async () => {
  const bytes = gzipSync(call().body ?? '');
  for (const encoding of ['gzip', 'deflate', 'br', 'x-gzip', 'gzip, identity', 'aws-chunked'])
    await meets(bench, await withBytes(bytes, { 'Content-Encoding': encoding }), rejected([400, 415]), encoding);
  await meets(bench, await withBytes(bytes), UNREADABLE, 'undeclared');
});

test('a body up to the limit is taken, one beyond it is not, however its length is told', async () => {
  const long = (bytes: number): RequestParts => call({ args: `{"city":"${'x'.repeat(bytes)}"}` });
  await meets(bench, long(3 << 20), forwarded, '3 MiB');
  await meets(bench, long(5 << 20), rejected(413), '5 MiB');
  const lying = await bench.request({ ...call(), headers: { ...NAMED, 'Content-Length': '99999999999' } });
  await meets(bench, lying, rejected(413), 'a length of 100 GB');
  const chunked = await bench.request({ ...long(5 << 20), headers: { ...NAMED, 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' } });
  const end = chunked.indexOf('\r\n\r\n') + 4;
  const body = chunked.slice(end);
  await meets(bench, `${chunked.slice(0, end)}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`, rejected(413), 'in chunks');
});

test('many keys cost no more than their bytes', async () => {
  const keys = Array.from({ length: 30_000 }, (_, at) => `"k${at}":0`).join(',');
  await meets(bench, call({ params: `,${keys}` }), forwarded, '30,000 unknown members of params');
  await meets(bench, call({ args: `{${keys}}` }), forwarded, '30,000 arguments');
});

test('an id comes back as it was written', async () => {
  for (const id of ['9007199254740993', '-7', '"9007199254740993"', '"a\\"b"', '"é😀"']) {
    const heard = await bench.send(await bench.request(call({ id })));
    assert.ok(heard.body.includes(`"id":${id},`), `${id}: ${heard.body}`);
  }
});
