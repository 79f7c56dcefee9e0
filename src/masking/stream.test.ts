import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaskOperator, MaskRule } from '../core/decision.ts';
import { isSallyportError } from '../core/error.ts';
import { DETECTORS } from './detectors.ts';
import { createMasker } from './masker.ts';
import { maskStream, type StreamOptions } from './stream.ts';

const key = new Uint8Array(32);
const rulesWith = (operator: MaskOperator): readonly MaskRule[] => [
  { fields: ['$..api_key', '$.rows[*].card'], detect: ['secret', 'email', 'credit-card', 'us-ssn', 'iban', 'phone'], operator },
];
const RULES = rulesWith('redact');
const whole = createMasker(RULES, { key, direction: 'reply' });

type Options = Partial<StreamOptions> & { readonly rules?: readonly MaskRule[] };

async function stream(chunks: readonly Uint8Array[], { rules = RULES, ...options }: Options = {}): Promise<string> {
  const masked = maskStream(from(chunks), rules, { key, direction: 'reply', ...options });
  const out: Uint8Array[] = [];
  for await (const bytes of masked.bytes) out.push(bytes);
  return Buffer.concat(out).toString();
}

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const cutAt = (bytes: Uint8Array, at: number): readonly Uint8Array[] => [bytes.subarray(0, at), bytes.subarray(at)];
const once = (text: string, options?: Options): Promise<string> => stream([Buffer.from(text)], options);

const SAMPLES: readonly string[] = [
  'mail ada.lovelace@example.org 🙂 or call +44 20 7946 0958, card 4929 7226 5379 7141.\n',
  '{"to":"ada\\u0040example.org","rows":[{"card":"x","n":4929722653797141}],"text":"{\\"api_key\\":\\"k\\"}"}',
  JSON.stringify({ blob: Buffer.from('the ssn is 536-22-7741').toString('base64'), note: 'zürich "quoted" \\ ☃', ok: [true, null, -1.5e3] }, null, 2),
  '{"api_key":"k1"}\n{"api_key":"k2","ssn":"536-22-7741"}\n',
  '[{"name":"DB_PASSWORD","value":"correct-horse"},{"name":"PORT","value":"8080"}]',
  'log: {"to":"ada@example.org"} sent, iban DE89 3704 0044 0532 0130 00 ok\n',
];

test('every sample, cut anywhere and into single bytes, is masked as it is uncut', async () => {
  for (const sample of SAMPLES) {
    const bytes = Buffer.from(sample);
    const expected = whole.text(sample).value;
    for (let at = 0; at <= bytes.length; at += 1) assert.equal(await stream(cutAt(bytes, at)), expected, `${sample} at ${at}`);
    assert.equal(await stream([...bytes].map((byte) => Uint8Array.of(byte))), expected);
  }
});

/** One value of every built-in kind that has no need of a name, and one that has. */
const VALUES = [
  'AKIAQ3EGV5TZ7XN2KLMA',
  'password=hunter2x!',
  'DE89 3704 0044 0532 0130 00',
  'phone +44 20 7946 0958',
  'ip 203.0.113.77',
  'mac 00:1b:44:11:3a:b7',
  'born 12 March 1985',
];

test('with all detectors, a value cut at every place is masked as it is uncut', async () => {
  const rules: readonly MaskRule[] = [{ fields: [], detect: DETECTORS.map(({ name }) => name), operator: 'redact' }];
  const masker = createMasker(rules, { key, direction: 'reply' });
  for (const value of VALUES) {
    for (const sample of [`see ${value} there\n`, JSON.stringify({ note: value, n: [value] })]) {
      const bytes = Buffer.from(sample);
      const expected = masker.text(sample).value;
      assert.notEqual(expected, sample);
      for (let at = 0; at <= bytes.length; at += 1) assert.equal(await stream(cutAt(bytes, at), { rules, window: 4096 }), expected, `${sample} at ${at}`);
    }
  }
});

const FILLER = 'The spring model was trained on public data, and reviewed by two people.\n';

test('a text longer than the window is masked as it is uncut, wherever a value stands in it', async () => {
  for (const value of [
    'ada.lovelace@example.org',
    'card 4929 7226 5379 7141',
    'ssn:\n536-22-7741',
    '{"api_key":"k1"}',
    Buffer.from('mail ada@example.org now').toString('base64'),
  ]) {
    for (let before = 500; before < 620; before += 7) {
      const text = `${FILLER.repeat(20).slice(0, before)} ${value} ${FILLER.repeat(40)}`;
      assert.equal(await once(text, { window: 512, format: 'text' }), whole.text(text).value, `${value} at ${before}`);
    }
  }
});

test('JSON longer than the window is masked as it is uncut: members, places, names of values, keys, escapes, nested JSON', async () => {
  const row = (at: number) => ({
    id: at,
    mail: `person${at}@example.org`,
    card: 'secret thing',
    api_key: { inner: ['k', at] },
    [`key${at}@example.org`]: { value: at },
    text: JSON.stringify({ to: 'ada@example.org', api_key: 'k' }),
    env: [{ name: 'DB_PASSWORD', value: `correct-horse-${at}` }],
  });
  const value = { meta: { deep: [[[{ ssn: '536-22-7741' }]]] }, rows: Array.from({ length: 30 }, (_, at) => row(at)), end: null };
  const expected: unknown = JSON.parse(whole.text(JSON.stringify(value)).value);
  for (const indent of [0, 2]) {
    const text = JSON.stringify(value, null, indent);
    const masked = await once(text, { window: 200 });
    assert.deepEqual(JSON.parse(masked), expected);
    assert.equal(
      await stream(
        [...Buffer.from(text)].map((byte) => Uint8Array.of(byte)),
        { window: 200 },
      ),
      masked,
    );
  }
});

test('each operator keeps the types in streamed JSON', async () => {
  const value = { rows: Array.from({ length: 20 }, (_, at) => ({ card: at, other: true, api_key: [true, 'abcdefghij', 12345678] })) };
  for (const operator of ['redact', 'partial', 'hash', 'null', 'fake'] as const) {
    const rules = rulesWith(operator);
    const expected: unknown = JSON.parse(createMasker(rules, { key, direction: 'reply' }).text(JSON.stringify(value)).value);
    assert.deepEqual(JSON.parse(await once(JSON.stringify(value), { rules, window: 64 })), expected, operator);
  }
});

test('a place that holds more than the window is masked leaf by leaf, and null takes all of it', async () => {
  const value = { api_key: Array.from({ length: 50 }, (_, at) => `part ${at}`), after: 'kept' };
  const masked = JSON.parse(await once(JSON.stringify(value), { window: 64 })) as typeof value;
  assert.deepEqual([new Set(masked.api_key), masked.after], [new Set(['[redacted:field]']), 'kept']);
  assert.deepEqual(JSON.parse(await once(JSON.stringify(value), { window: 64, rules: rulesWith('null') })), { api_key: null, after: 'kept' });
});

test('a string or word longer than the window does not come out, and what follows it does', async () => {
  const long = 'x\\"'.repeat(300);
  assert.equal(await once(`{"a":"${long}","b":"kept"}`, { window: 128 }), '{"a":"[redacted:too-long]","b":"kept"}');
  for (let at = 1; at < 40; at += 1) {
    const bytes = Buffer.from(`["${long}","kept"]`);
    assert.equal(await stream(cutAt(bytes, 300 + at), { window: 128 }), '["[redacted:too-long]","kept"]');
  }
  assert.match(await once(`${'a'.repeat(2000)} kept`, { window: 128, format: 'text' }), /^\[redacted:too-long\] kept$/);
});

test('events are masked as a whole: a value over two data lines of one is found, and bytes that need no mask stay', async () => {
  const clean = ': note\r\nevent: x\r\ndata: {"a":1}\r\n\r\ndata: plain\n\n';
  assert.equal(await once(clean, { format: 'sse' }), clean);
  const text = 'id: 7\nevent: message\ndata: {"to":"ada@ex\ndata: ample.org"}\n\ndata: ssn\ndata: 536-22-7741\n\ndata: ok\n\n';
  const bytes = Buffer.from(text);
  const masked = await once(text, { format: 'sse' });
  assert.doesNotMatch(masked, /536-22-7741/);
  assert.match(masked, /^id: 7\nevent: message\ndata: /);
  assert.ok(masked.endsWith('data: ok\n\n'));
  for (let at = 0; at <= bytes.length; at += 1) assert.equal(await stream(cutAt(bytes, at), { format: 'sse' }), masked);
});

test('what cannot be masked in a window is refused, and nothing more comes out', async () => {
  const long = JSON.stringify({ rows: Array.from({ length: 100 }, (_, at) => ({ at, mail: 'ada@example.org' })) });
  const refused: readonly (readonly [string, string, Options])[] = [
    ['JSON inside a text', `${FILLER.repeat(3)}result: ${JSON.stringify(JSON.parse(long), null, 1)}`, { window: 256, format: 'text' }],
    ['an event', `data: ${'word '.repeat(200)}\n\n`, { window: 256, format: 'sse' }],
    ['a key', `{"${'k'.repeat(600)}":1}`, { window: 128 }],
    ['a number', `[${'1'.repeat(600)}]`, { window: 128 }],
    ['JSON that ends early', long.slice(0, -2), { window: 128 }],
    ['JSON with a wrong comma', long.replace('},{', '},,{'), { window: 128, format: 'json' }],
    ['two names of one bracket', `[${'{"a":1},'.repeat(50)}{"a":1]]`, { window: 128, format: 'json' }],
    ['nesting', '['.repeat(600), { window: 128, format: 'json' }],
    ['a name after its value', `{"value":"correct-horse","pad":[${'1,'.repeat(200)}1],"name":"DB_PASSWORD"}`, { window: 128 }],
  ];
  for (const [says, text, options] of refused) await assert.rejects(once(text, options), (error) => isSallyportError(error, 'masking_failed'), says);
  await assert.rejects(stream([Uint8Array.of(0x61, 0xff)]), (error) => isSallyportError(error, 'masking_failed'));
  await assert.rejects(stream([Buffer.from('é').subarray(0, 1)]), (error) => isSallyportError(error, 'masking_failed'));
});

test('a detector that throws ends the stream', async () => {
  const [first] = DETECTORS;
  assert.ok(first);
  const broken = {
    ...first,
    name: 'broken',
    mayFind: () => true,
    find: (): never => {
      throw new Error('bug');
    },
  };
  const rules: readonly MaskRule[] = [{ fields: [], detect: ['broken'], operator: 'redact' }];
  for (const format of ['json', 'text', 'sse'] as const)
    await assert.rejects(once('["a b c"]', { rules, format, detectors: [broken] }), (error) => isSallyportError(error, 'masking_failed'), format);
});

test('the stream is read no faster than it is written', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 1;
      yield Buffer.from(FILLER.repeat(10));
    }
  }
  const masked = maskStream(endless(), RULES, { key, direction: 'reply', window: 1024, format: 'text' });
  for await (const bytes of masked.bytes) {
    assert.ok(bytes.length > 0);
    break;
  }
  assert.ok(given < 10);
});

/** The same numbers in every run (Numerical Recipes' generator, upper bits). */
function numbers(): (below: number) => number {
  let state = 20261122;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('fuzzed: cut at random, JSON and text give what they give uncut, and JSON stays JSON', async () => {
  const next = numbers();
  const pick = (list: readonly string[]): string => list[next(list.length)] ?? '';
  const values = ['4929722653797141', '536-22-7741', 'ada.lovelace@example.org', 'DE89370400440532013000', '🙂', 'word', 'a longer clean sentence of words'];
  for (let round = 0; round < 60; round += 1) {
    const leaf = (): unknown =>
      [pick(values), next(1e6), { api_key: pick(values), note: `${pick(values)} ${pick(values)}` }, JSON.stringify({ t: pick(values) })][next(4)];
    const value = Array.from({ length: 5 + next(30) }, leaf);
    const json = JSON.stringify(value, null, next(2) * 2);
    const text = value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(pick(['\n', ' and ', ', ']));
    for (const [source, options] of [
      [json, { window: 64 + next(200) }],
      [text, { window: 512, format: 'text' as const }],
    ] as const) {
      const bytes = Buffer.from(source);
      const cuts = [0, ...Array.from({ length: 1 + next(20) }, () => next(bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const masked = await stream(
        cuts.slice(1).map((cut, at) => bytes.subarray(cuts[at], cut)),
        options,
      );
      const expected = whole.text(source).value;
      if (source === json) assert.deepEqual(JSON.parse(masked), JSON.parse(expected));
      else assert.equal(masked, expected);
    }
  }
});
