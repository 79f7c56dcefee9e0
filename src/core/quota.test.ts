import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundOf, type Quota } from './quota.ts';

const quota = (bounds: Partial<Quota>): Quota => ({ rule: 'r', key: 'k', ...bounds });

test('every group bounds a command, and in a group the most generous quota does', () => {
  assert.equal(boundOf([[quota({ rows: 10 }), quota({ rows: 50 })], [quota({ rows: 40 })]], 'rows'), 40);
  assert.equal(boundOf([[quota({ rows: 10 }), quota({ runMs: 5 })]], 'rows'), undefined);
  assert.equal(boundOf([[quota({ runMs: 5 })], [quota({ rows: 3 })]], 'runMs'), 5);
  assert.equal(boundOf([], 'rows'), undefined);
});
