import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS, type Target } from '../../core/target.ts';
import { createCatalog } from './catalog.ts';
import type { Upstream } from './upstream.ts';

const target: Target = {
  name: 'lab',
  protocol: 'mcp',
  labels: {},
  owners: [],
  audit: 'strict',
  masking: 'enforce',
  pin: 'trust-first',
  extraArguments: 'allow',
  leadingDash: 'refuse',
  limits: DEFAULT_LIMITS,
};
/** Nothing here asks the target. */
const silent: Upstream = {
  forward: () => assert.fail(),
  ask: () => assert.fail(),
  decline: () => assert.fail(),
  close: () => Promise.resolve(),
};
const tool = (name: string, filler = '') => ({ name, inputSchema: { type: 'object', description: filler } });

test('what a target lists fills no more than its share of memory, and what there is no room for is unknown', () => {
  const catalog = createCatalog(target, silent);
  catalog.learn({ tools: [tool('small'), tool('grows')] });
  const filler = 'x'.repeat(1 << 20);
  catalog.learn({ tools: Array.from({ length: 40 }, (_, at) => tool(`large-${at}`, filler)) });
  const kept = Array.from({ length: 40 }, (_, at) => catalog.peek(`large-${at}`)).filter((known) => known !== undefined);
  assert.ok(kept.length > 20 && kept.length < 33, String(kept.length));
  assert.ok(catalog.peek('small'));
  catalog.learn({ tools: [tool('grows', filler)] });
  assert.equal(catalog.peek('grows'), undefined);
});

test('a definition that changed replaces the one before', () => {
  const catalog = createCatalog(target, silent);
  catalog.learn({ tools: [tool('a')] });
  const first = catalog.peek('a')?.tool.hash;
  for (let round = 0; round < 100; round += 1) catalog.learn({ tools: [tool('a', String(round).repeat(1 << 19))] });
  assert.notEqual(catalog.peek('a')?.tool.hash, first);
  assert.ok(catalog.peek('a'));
});
