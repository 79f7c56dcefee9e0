import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constantColumnValue, maskedColumnValue, type ColumnShape } from './column.ts';

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
