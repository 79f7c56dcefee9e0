import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { lintResources } from '../../src/policy/check.ts';
import { parsePolicyTests } from '../../src/policy/policy-test-file.ts';
import { runPolicyTests } from '../../src/policy/policy-test.ts';
import { readTestTexts } from '../../src/policy/resource-files.ts';
import { loadResources } from '../../src/policy/resources.ts';
import { compilePolicy } from '../../src/policy/snapshot.ts';
import { DETECTORS } from '../../src/masking/detectors.ts';
import { PROTOCOLS, suppose } from '../../src/protocols/registry.ts';

const root = import.meta.dirname;
const entries = await readdir(root, { withFileTypes: true });
const situations = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
const page = await readFile(join(root, '../../docs/cookbook.md'), 'utf8');
const options = { detectors: DETECTORS.map(({ name }) => name), protocols: Object.keys(PROTOCOLS) };

test('the cookbook has ten situations, and its page shows each as it lies there', async () => {
  assert.equal(situations.length, 10);
  for (const situation of situations) {
    const text = await readFile(join(root, situation, 'policy.yaml'), 'utf8');
    assert.ok(page.includes(`\`examples/cookbook/${situation}/policy.yaml\`:\n\n\`\`\`yaml\n${text}\`\`\``), `${situation} is not what docs/cookbook.md shows`);
  }
});

for (const situation of situations) {
  test(`cookbook: ${situation} loads without a warning`, async () => {
    assert.deepEqual(lintResources(await loadResources(join(root, situation), options)), []);
  });

  const cases = parsePolicyTests(await readTestTexts(join(root, situation)));
  const snapshot = compilePolicy(await loadResources(join(root, situation), options));
  for (const outcome of runPolicyTests(snapshot, cases, suppose).cases) {
    test(`cookbook: ${situation}: ${outcome.name}`, () => {
      assert.deepEqual(outcome.wrong, []);
    });
  }
}
