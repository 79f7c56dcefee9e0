import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { parseResources } from '../policy/resources.ts';
import { parseConfig } from './config.ts';

const GUIDES = ['github-actions', 'gitlab', 'kubernetes', 'spiffe', 'ai-agents'];
const blocks = async (guide: string): Promise<readonly string[]> => {
  const text = await readFile(new URL(`../../docs/identity/${guide}.md`, import.meta.url), 'utf8');
  return [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, block = '']) => block);
};

for (const guide of GUIDES)
  test(`what ${guide}.md says to write is what a gateway, and the other side, read`, async () => {
    const all = await blocks(guide);
    const configurations = all.filter((block) => /^(?:url|identity):/m.test(block));
    assert.notEqual(configurations.length, 0);
    for (const block of configurations) {
      const { machines, providers } = parseConfig('/etc/sallyport/sallyport.yaml', block);
      assert.ok(machines.workloads.length + machines.clients.length + providers.length > 0, block);
    }
    for (const block of all) {
      for (const document of parseAllDocuments(block)) assert.deepEqual(document.errors, [], block);
      if (!/^kind: Policy/m.test(block)) continue;
      const target = 'kind: Target\nname: models\nprotocol: mcp\naddress: http://127.0.0.1:1/mcp\n';
      assert.equal(parseResources([{ file: 'guide.yaml', text: `${target}---\n${block}` }]).policies.length, 1);
    }
  });

test('the snippets ask for the grants that there are, for a target by its URL', async () => {
  for (const guide of GUIDES) {
    const text = await readFile(new URL(`../../docs/identity/${guide}.md`, import.meta.url), 'utf8');
    assert.match(text, /\/oauth\/token/);
    assert.match(text, /grant-type:(?:token-exchange|jwt-bearer)/);
    assert.match(text, /resource=(?:\$GATEWAY\/mcp\/\$TARGET|https:\/\/gateway\.example\.com\/mcp\/models)/);
  }
  const [workflow] = (await blocks('github-actions')).filter((block) => block.includes('jobs:'));
  const { permissions } = parse(workflow ?? '') as { readonly permissions: Readonly<Record<string, string>> };
  assert.equal(permissions['id-token'], 'write');
});
