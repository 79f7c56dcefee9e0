import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortTools, type ToolView } from './tools.ts';

const tool = (name: string, status: ToolView['status']): ToolView => ({ name, status, hash: '', seenAt: '', findings: [], definition: {}, differences: [] });

test('tools that wait for an owner come first, refused ones next, the rest by name', () => {
  const sorted = sortTools([tool('b', 'accepted'), tool('z', 'quarantined'), tool('a', 'accepted'), tool('r', 'rejected'), tool('y', 'quarantined')]);
  assert.deepEqual(
    sorted.map(({ name }) => name),
    ['y', 'z', 'r', 'a', 'b'],
  );
});
