import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainTarget } from '../../../test/support/plain-target.ts';
import { createMasker } from '../../masking/masker.ts';
import { createCatalog } from './catalog.ts';
import { memoryPins } from './pins/pin-store.ts';
import { ToolPins } from './pins/tool-pins.ts';
import type { Upstream } from './upstream.ts';

const target = plainTarget();
const catalogOf = () => {
  const pins = new ToolPins(memoryPins(), { append: () => Promise.resolve() });
  return createCatalog({ target, upstream: silent, pins, masker: () => createMasker([], { key: Buffer.alloc(32), direction: 'reply' }) });
};
/** Nothing here asks the target. */
const silent: Upstream = {
  forward: () => assert.fail(),
  ask: () => assert.fail(),
  decline: () => assert.fail(),
  ready: () => assert.fail(),
  close: () => Promise.resolve(),
};
const tool = (name: string, filler = '') => ({ name, inputSchema: { type: 'object', description: filler } });

test('what a target lists fills no more than its share of memory, and what there is no room for is unknown', async () => {
  const catalog = catalogOf();
  await catalog.learn({ tools: [tool('small'), tool('grows')] });
  const filler = 'x'.repeat(1 << 20);
  await catalog.learn({ tools: Array.from({ length: 40 }, (_, at) => tool(`large-${at}`, filler)) });
  const known = await Promise.all(Array.from({ length: 40 }, (_, at) => catalog.peek(`large-${at}`)));
  const kept = known.filter((one) => one !== undefined);
  assert.ok(kept.length > 20 && kept.length < 33, String(kept.length));
  assert.ok(await catalog.peek('small'));
  await catalog.learn({ tools: [tool('grows', filler)] });
  assert.equal(await catalog.peek('grows'), undefined);
});

test('a definition that changed replaces the one before', async () => {
  const catalog = catalogOf();
  await catalog.learn({ tools: [tool('a')] });
  const first = (await catalog.peek('a'))?.tool.hash;
  for (let round = 0; round < 100; round += 1) await catalog.learn({ tools: [tool('a', String(round).repeat(1 << 19))] });
  assert.notEqual((await catalog.peek('a'))?.tool.hash, first);
  assert.ok(await catalog.peek('a'));
});
