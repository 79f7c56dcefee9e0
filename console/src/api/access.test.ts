import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessGrant } from '../../../src/policy/access-grant.ts';
import { changeFor } from './access.ts';

const GRANT: AccessGrant = {
  policy: 'models',
  rule: 'reads',
  who: 'group:data-science',
  effect: 'allow',
  pattern: 'tools/call get_*',
  uses: 0,
  usedBy: [],
  commands: [],
  advice: 'take-away',
};

test('the change names policy, rule, and what to take from it', () => {
  assert.equal(changeFor(GRANT), 'in policy models, rule reads: take group:data-science from subjects, or tools/call get_* from allow');
});

test('a pattern that is wider than its use is written out', () => {
  const narrow = { ...GRANT, advice: 'narrow', commands: ['tools/call get_a', 'tools/call get_b'] } as const;
  assert.equal(changeFor(narrow), 'in policy models, rule reads: write allow: [tools/call get_a, tools/call get_b] instead of tools/call get_*');
});
