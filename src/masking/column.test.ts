import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnOverwrite, constantColumnValue, maskedColumnValue, type ColumnShape, type Overwrite } from './column.ts';

const key = Buffer.alloc(32, 7);
const TEXT: ColumnShape = { kind: 'text' };
const JSON_TEXT: ColumnShape = { kind: 'json' };
const INTEGER: ColumnShape = { kind: 'number', digits: 9 };
const OPAQUE: ColumnShape = { kind: 'opaque' };

const masked = (value: string, shape: ColumnShape, operator: Parameters<typeof maskedColumnValue>[2]['operator']): string | null =>
  maskedColumnValue(value, shape, { operator, name: 'ssn' }, key);

test('a text is replaced by the operator', () => {
  assert.equal(masked('536-22-7741', TEXT, 'redact'), '[redacted:ssn]');
  assert.equal(masked('536-22-7741', TEXT, 'partial'), '*******7741');
  assert.match(masked('536-22-7741', TEXT, 'hash') ?? '', /^\[hash:ssn:[0-9a-f]{12}\]$/);
  assert.match(masked('536-22-7741', TEXT, 'fake') ?? '', /^\d{3}-\d{2}-\d{4}$/);
  assert.equal(masked('536-22-7741', TEXT, 'null'), null);
});

test('a number stays a number that its type holds', () => {
  assert.equal(masked('4929722653797141', INTEGER, 'redact'), '0');
  assert.equal(masked('4929722653797141', INTEGER, 'partial'), '7141');
  assert.ok(Number(masked('4929722653797141', INTEGER, 'hash')) < 2 ** 31);
  assert.notEqual(masked('187513', INTEGER, 'fake'), '187513');
});

test('JSON stays JSON, and what nothing fits becomes null', () => {
  assert.equal(JSON.parse(masked('{"a":1}', JSON_TEXT, 'redact') ?? ''), '[redacted:ssn]');
  assert.equal(masked('2024-01-01', OPAQUE, 'partial'), null);
});

test('a column made of masked values is one constant, whatever the operator', () => {
  assert.equal(constantColumnValue(TEXT, { operator: 'redact', name: 'ssn' }), '[redacted:ssn]');
  assert.equal(constantColumnValue(INTEGER, { operator: 'redact', name: 'ssn' }), '0');
  assert.equal(constantColumnValue(JSON_TEXT, { operator: 'redact', name: 'ssn' }), '"[redacted:ssn]"');
  assert.equal(constantColumnValue(OPAQUE, { operator: 'redact', name: 'ssn' }), null);
  assert.equal(constantColumnValue(TEXT, { operator: 'null', name: 'ssn' }), null);
});

test('what is masked where it lies is what would stand in its place, and nothing changes where that is longer or shorter', () => {
  const overwrite: Overwrite | undefined = columnOverwrite(TEXT, { operator: 'partial', name: 'ssn' });
  assert.ok(overwrite);
  const texts = ['', 'abc', 'abcd', 'abcdefg', 'abcdefgh', '536-22-7741', 'x'.repeat(68), 'x'.repeat(69), 'grün and blue', 'blue and grün', 'Ã©a'];
  for (const text of texts) {
    const before: Buffer = Buffer.from(`<${text}>`);
    const bytes: Buffer = Buffer.from(before);
    const inPlace: boolean = overwrite(bytes, 1, bytes.length - 1);
    const expected: Buffer = Buffer.from(`<${masked(text, TEXT, 'partial') ?? ''}>`);
    assert.deepEqual(bytes, inPlace ? expected : before, text);
  }
  assert.ok(overwrite(Buffer.from('536-22-7741'), 0, 11));
  assert.equal(columnOverwrite(TEXT, { operator: 'redact', name: 'ssn' }), undefined);
  assert.equal(columnOverwrite(INTEGER, { operator: 'partial', name: 'ssn' }), undefined);
  assert.equal(columnOverwrite(JSON_TEXT, { operator: 'partial', name: 'ssn' }), undefined);
});
