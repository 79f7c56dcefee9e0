import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaskOperator, MaskRule } from '../core/decision.ts';
import { isSallyportError } from '../core/error.ts';
import { isJsonArray, isJsonObject, JsonNumber, member, parseJson, writeJson, type JsonValue } from '../core/json.ts';
import { DETECTORS } from './detectors.ts';
import { createMasker } from './masker.ts';

const key = new Uint8Array(32).fill(7);
const all = DETECTORS.map((detector) => detector.name);

function masking(rules: readonly Partial<MaskRule>[], direction: 'reply' | 'request' = 'reply') {
  return createMasker(
    rules.map((rule) => ({ fields: [], detect: [], operator: 'redact', ...rule })),
    { key, direction },
  );
}

const everything = masking([{ detect: all }]);

test('a value in which nothing is masked is given back itself, not a copy', () => {
  const value = parseJson('{"rows":[{"id":9007199254740993,"name":"ada","score":1.0,"tags":["a","b"]}],"__proto__":{"x":1}}');
  assert.equal(everything.json(value).value, value);
  assert.deepEqual(everything.json(value).applied, []);
});

test('what was masked is counted by detector and by path, and never told', () => {
  const { applied } = masking([{ detect: ['email'], fields: ['$..api_key'] }]).json({ a: 'ada@example.org and bob@example.org', api_key: 'k' });
  assert.deepEqual(applied, [
    { by: 'detector', name: 'email', count: 2 },
    { by: 'field', name: '$..api_key', count: 1 },
  ]);
});

test('a place is masked whatever stands there, and a place beside it is not', () => {
  const masker = masking([{ fields: ['$.customer.ssn', '$.rows[*].card', "$['odd key']", '$..deep[0]'] }]);
  const value = parseJson(
    '{"customer":{"ssn":1,"name":"x"},"rows":[{"card":"1"},{"card":null,"other":"1"}],"odd key":true,"a":{"deep":["x","y"]},"ssn":"kept"}',
  );
  assert.equal(
    writeJson(masker.json(value).value),
    '{"customer":{"ssn":0,"name":"x"},"rows":[{"card":"[redacted:field]"},{"card":null,"other":"1"}],"odd key":false,"a":{"deep":["[redacted:field]","y"]},"ssn":"kept"}',
  );
});

test('a place that holds an object loses every leaf and keeps its shape', () => {
  const { value } = masking([{ fields: ['$..secret'] }]).json({ secret: { list: ['a', 2, true, null], inner: { x: 'y' } } });
  assert.deepEqual(value, { secret: { list: ['[redacted:field]', 0, false, null], inner: { x: '[redacted:field]' } } });
});

test('paths work in JSON carried inside a text, in prose around it, and twice encoded', () => {
  const masker = masking([{ fields: ['$..api_key', '$.rows[*].card'] }]);
  const twice = JSON.stringify({ rows: JSON.stringify([{ card: 'abc' }]) });
  assert.equal(masker.text(twice).value, JSON.stringify({ rows: JSON.stringify([{ card: '[redacted:field]' }]) }));
  assert.equal(masker.text('Result:\n```json\n{"api_key": "k1"}\n```\nand {"api_key":"k2"}').value.match(/k1|k2/), null);
  assert.equal(masker.text('{"api_key":"k1"}\n{"api_key":"k2"}').value, '{"api_key":"[redacted:field]"}\n{"api_key":"[redacted:field]"}');
});

test('a place is not hidden by naming it twice', () => {
  const { value } = masking([{ fields: ['$..ssn'] }]).text('{"ssn":"first-one","ssn":"second-one"}');
  assert.equal(value, '{"ssn":"[redacted:field]"}');
});

test('of a key that is there twice only the value that was looked at comes out', () => {
  assert.equal(everything.text('{"id":"536-22-7741","id":"plain"}').value, '{"id":"plain"}');
});

test('masked JSON text stays JSON and keeps its indentation', () => {
  const text = JSON.stringify({ card: 4929722653797141, note: 'a "quoted" ada@example.org' }, null, 2);
  assert.equal(everything.text(text).value, JSON.stringify({ card: 0, note: 'a "quoted" [redacted:email]' }, null, 2));
});

test('a secret in base64 is found inside it and written back in base64', () => {
  const { value } = everything.json({ data: Buffer.from('the ssn is 536-22-7741').toString('base64') });
  assert.equal(Buffer.from(writeJson(member(value, 'data') ?? null), 'base64').toString(), 'the ssn is [redacted:us-ssn]');
  const url = everything.text(`data:text/plain;base64,${Buffer.from('mail ada.lovelace@example.org at noon, please').toString('base64')}`).value;
  assert.equal(Buffer.from(url.split(',')[1] ?? '', 'base64').toString(), 'mail [redacted:email] at noon, please');
});

test('JSON escapes hide nothing', () => {
  assert.equal(everything.text('log: {"to":"ada\\u0040example.org"} sent').value, 'log: {"to":"[redacted:email]"} sent');
});

test('numbers are masked as numbers', () => {
  const value = parseJson('{"card":4929722653797141,"big":4929722653797141.0,"ssn":536227741,"order":4929722653797142,"small":12}');
  const masked = everything.json(value).value;
  assert.equal(writeJson(masked), '{"card":0,"big":0,"ssn":0,"order":4929722653797142,"small":12}');
  for (const operator of ['partial', 'hash', 'fake'] as const) {
    const other = member(masking([{ detect: ['credit-card'], operator }]).json({ card: 4929722653797141 }).value, 'card');
    assert.ok(typeof other === 'number' || other instanceof JsonNumber, operator);
    assert.notEqual(writeJson(other), '4929722653797141');
  }
});

test('embedding vectors and other fractions are no card numbers', () => {
  const value = parseJson('{"vector":[0.4929722653797141,-0.4929722653797141,4.929722653797141]}');
  assert.equal(everything.json(value).value, value);
});

test('keys that are values are masked, and stay apart', () => {
  const { value } = everything.json({ 'ada@example.org': 1, 'bob@example.org': 2, plain: 3 });
  assert.deepEqual(value, { '[redacted:email]': 1, '[redacted:email]#2': 2, plain: 3 });
});

test('a member called __proto__ is data like any other', () => {
  const { value } = everything.json(parseJson('{"__proto__":{"mail":"ada@example.org"},"a":1}'));
  assert.equal(writeJson(value), '{"__proto__":{"mail":"[redacted:email]"},"a":1}');
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test('the key of a member raises the score of its value', () => {
  assert.deepEqual(everything.json({ ssn: '536227741', id: '536227741' }).value, { ssn: '[redacted:us-ssn]', id: '536227741' });
  assert.deepEqual(everything.json({ ssn: { value: '536227741' } }).value, { ssn: { value: '[redacted:us-ssn]' } });
  assert.deepEqual(everything.json({ env: [{ name: 'DB_PASSWORD', value: 'correct-horse' }] }).value, {
    env: [{ name: 'DB_PASSWORD', value: '[redacted:secret]' }],
  });
});

test('each operator replaces in its own way', () => {
  const masked = (operator: MaskOperator): JsonValue | undefined =>
    member(masking([{ detect: ['credit-card'], operator }]).json({ card: '4929722653797141' }).value, 'card');
  assert.equal(masked('redact'), '[redacted:credit-card]');
  assert.match(writeJson(masked('hash') ?? null), /^"\[hash:credit-card:[0-9a-f]{12}\]"$/);
  assert.equal(masked('hash'), masked('hash'));
  assert.equal(masked('partial'), '************7141');
  assert.equal(masked('null'), null);
  assert.match(writeJson(masked('fake') ?? null), /^"\d{16}"$/);
  assert.notEqual(masked('fake'), '4929722653797141');
});

test('the last four characters of a short value are not kept', () => {
  const { value } = masking([{ fields: ['$.pin'], operator: 'partial' }]).json({ pin: '12345' });
  assert.deepEqual(value, { pin: '*****' });
});

test('where two rules name one detector, the one that says less wins, in either order', () => {
  const rules: MaskRule[] = [
    { fields: [], detect: ['email'], operator: 'partial' },
    { fields: [], detect: ['email'], operator: 'redact' },
  ];
  for (const order of [rules, rules.toReversed()]) assert.equal(masking(order).text('ada@example.org').value, '[redacted:email]');
});

test('a masked text is not masked again', () => {
  const once = everything.text('password=hunter2x card 4929722653797141 ada@example.org').value;
  assert.equal(everything.text(once).value, once);
});

test('requests always lose secrets, and keep the control characters that were sent', () => {
  const masker = masking([], 'request');
  assert.deepEqual(masker.json({ password: 'hunter2x', mail: 'ada@example.org', bell: '\u0007' }).value, {
    password: '[redacted:secret]',
    mail: 'ada@example.org',
    bell: '\u0007',
  });
});

test('replies lose control characters under no rules at all', () => {
  const { value, applied } = masking([]).json({ text: 'ok \u001b]52;c;x\u0007' });
  assert.deepEqual(value, { text: 'ok ]52;c;x' });
  assert.deepEqual(applied, [{ by: 'control-characters', name: 'control-characters', count: 2 }]);
});

test('a megabyte of clean text comes back itself', () => {
  const text = 'The spring model was trained on public data, and reviewed by two people. '.repeat(15_000);
  assert.equal(everything.text(text).value, text);
});

test('a detector that throws fails the whole value: nothing is released', () => {
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
  const masker = createMasker([{ fields: [], detect: ['broken'], operator: 'redact' }], { key, direction: 'reply', detectors: [broken] });
  for (const call of [() => masker.text('abc'), () => masker.json({ a: ['abc'] }), () => masker.texts(['abc', 'def'])]) {
    assert.throws(call, (error) => isSallyportError(error, 'masking_failed'));
  }
});

test('encodings nested without end are refused', () => {
  let text = 'x';
  for (let i = 0; i < 12; i += 1) text = JSON.stringify([text]);
  assert.throws(
    () => everything.text(text),
    (error) => isSallyportError(error, 'masking_failed'),
  );
});

test('a rule that names an unknown detector or no path is refused when the masker is made', () => {
  assert.throws(
    () => masking([{ detect: ['e-mail'] }]),
    (error) => isSallyportError(error, 'resources_invalid') && /email/.test(error.hint ?? ''),
  );
  assert.throws(
    () => masking([{ fields: ['api_key'] }]),
    (error) => isSallyportError(error, 'resources_invalid'),
  );
});

test('the walk is deep enough for any message that core reads', () => {
  let value: JsonValue = 'ada@example.org';
  for (let i = 0; i < 250; i += 1) value = i % 2 ? [value] : { a: value };
  let inner: JsonValue = everything.json(value).value;
  while (isJsonArray(inner) || isJsonObject(inner)) inner = (isJsonArray(inner) ? inner[0] : inner['a']) ?? null;
  assert.equal(inner, '[redacted:email]');
});
