import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './difference.ts';

test('differences are told place by place: what changed, what came, what went', () => {
  const before = { name: 'add', description: 'Adds.', inputSchema: { required: ['a'], properties: { a: { type: 'number' }, b: {} } } };
  const after = { description: 'Adds. Really.', name: 'add', inputSchema: { properties: { a: { type: 'string' }, c: {} }, required: ['a', 'c'] } };
  assert.deepEqual(differences(before, after), [
    { path: 'description', before: 'Adds.', after: 'Adds. Really.' },
    { path: 'inputSchema.required[1]', after: 'c' },
    { path: 'inputSchema.properties.a.type', before: 'number', after: 'string' },
    { path: 'inputSchema.properties.b', before: {} },
    { path: 'inputSchema.properties.c', after: {} },
  ]);
  assert.deepEqual(differences(before, structuredClone(before)), []);
});

test('another kind of value is one difference', () => {
  assert.deepEqual(differences({ a: [1] }, { a: { 0: 1 } }), [{ path: 'a', before: [1], after: { 0: 1 } }]);
  assert.deepEqual(differences({ a: null }, { a: false }), [{ path: 'a', before: null, after: false }]);
});
