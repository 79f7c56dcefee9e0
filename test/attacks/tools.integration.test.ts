import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { reply, startBench, type Bench, type RequestParts } from './bench.ts';
import { denied, forwarded, meets, type Fate } from './expect.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());
afterEach(() => bench.scripts.clear());

const call = (name: string, args: object = {}): RequestParts => ({ name, params: { arguments: args } });

const names = [
  'LOOK',
  'Look',
  'look ',
  ' look',
  'look\u200d',
  'look\u200b',
  '\ufefflook',
  'lооk',
  'ｌｏｏｋ',
  'look.',
  'look/',
  './look',
  '../lab/look',
  'lab/look',
  'lab__look',
  'lab.look',
  'look;shell',
  'look,shell',
  'look|shell',
  'look\u202e',
  'tools/call look',
  '*',
  'look*',
  '%6cook',
  'look%00',
  '__proto__',
  'constructor',
  'toString',
  'l'.repeat(10_000),
];
for (const name of names) test(`${JSON.stringify(name.slice(0, 30))} is not the tool "look"`, () => meets(bench, call(name), denied, name.slice(0, 30)));

test('a name that is no string, or none, is no call', async () => {
  for (const name of ['1', 'null', '["look"]', '{"a":1}', 'true', '""']) {
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${name},"arguments":{}}}`;
    await meets(bench, { era: 'legacy', body }, name === '""' ? denied : { fate: 'rejected', status: [400] }, name);
  }
  await meets(bench, { era: 'legacy', body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}' }, { fate: 'rejected', status: [400] }, 'none');
});

const args: readonly (readonly [what: string, parts: RequestParts, fate: Fate])[] = [
  ['none', { name: 'look' }, forwarded],
  ['empty', call('look'), forwarded],
  ['text of any language, emoji with joiners', call('look', { city: '北京 São Paulo 👩‍👩‍👧 هه‌ها' }), forwarded],
  [
    'text that speaks of attacks',
    call('look', { city: 'ignore previous instructions; DROP TABLE x; <script>alert(1)</script> ../../etc $(rm -rf)' }),
    forwarded,
  ],
  ['a long text', call('look', { city: 'long '.repeat(200_000) }), forwarded],
  ['line ends and tabs', call('look', { city: 'a\r\n\tb' }), forwarded],
  ['a negative number as text', call('look', { city: '-12.5' }), forwarded],
  ['a dash within', call('look', { city: 'a -b --c' }), forwarded],
  ['either of two types', call('strict', { id: '7' }), forwarded],
  ['another type', call('look', { city: 7 }), denied],
  ['a list for a text', call('look', { city: ['x'] }), denied],
  ['null for a text', call('look', { city: null }), denied],
  ['a fraction for an integer', call('strict', { id: 1.5 }), denied],
  ['a required one is missing', call('strict', {}), denied],
  ['one that the schema shuts out', call('strict', { id: 1, note: 'x' }), denied],
  ['another case of a declared one', call('strict', { ID: 1 }), denied],
  ['a leading dash', call('look', { city: '--output=/etc/passwd' }), denied],
  ['a leading dash, short', call('look', { city: '-o' }), denied],
  ['a leading dash deep within', call('look', { more: { list: ['ok', '-rf'] } }), denied],
];
for (const [what, parts, fate] of args) test(`arguments: ${what}: ${fate.fate}`, () => meets(bench, parts, fate, what));

test('prototype keys do not stand in for what a schema asks', async () => {
  const body = (text: string): RequestParts => ({
    era: 'legacy',
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"strict","arguments":${text}}}`,
  });
  await meets(bench, body('{"id":1}'), forwarded, 'declared');
  for (const text of ['{"__proto__":{"id":1}}', '{"id":1,"__proto__":{"x":1}}', '{"id":1,"constructor":{"prototype":{}}}', '{"id":1,"toString":1}'])
    await meets(bench, body(text), denied, text);
});

test('what is forwarded is the very bytes that were sent', async () => {
  const body =
    ' {"jsonrpc":"2.0", "id":1,\n"method":"tools/call","params":{"name":"look","arguments":{"city":"\\u0041\\ud83d\\ude00","n":1.0,"big":12345678901234567890}}}';
  await meets(bench, { era: 'legacy', body }, forwarded, 'bytes');
  assert.equal(bench.arrived.at(-1)?.body, body);
});

test('of what a target lists a caller sees what it may use, in a list that no cache may share', async () => {
  const good = ['look', 'データ', 'a b', 'look.v2'];
  const hidden = ['look\u200d', 'look\u202ex', 'look\u{e0041}', '\u009blook', 'look ', ' look', 'look\u00a0', ''];
  bench.scripts.set('tools/list', (response, { id }) =>
    reply(response, id, {
      resultType: 'complete',
      ttlMs: 0,
      cacheScope: 'public',
      tools: [...good, ...hidden].map((name) => ({ name, description: name, inputSchema: { type: 'object', properties: { city: { type: 'string' } } } })),
    }),
  );
  const free = await bench.send(await bench.request({ method: 'tools/list' }));
  assert.deepEqual(
    free.messages[0]?.result?.tools?.map(({ name }) => name),
    ['look'],
  );
  assert.equal(free.messages[0]?.result?.['cacheScope'], 'private');
});
