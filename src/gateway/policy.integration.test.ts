import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPolicy } from './policy.ts';

test('a secret that is missing is told when the resources are read, by its place; the other targets are served', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-policy-'));
  t.after(() => rm(folder, { recursive: true }));
  const target = (name: string, source: string): string =>
    `kind: Target\nname: ${name}\nprotocol: mcp\naddress: http://127.0.0.1:1/mcp\nowners: [group:x]\n${source}---\n`;
  const there = target('there', 'credential: { bearer: { env: PATH } }\n');
  await writeFile(join(folder, 'a.yaml'), there + target('absent', 'credential: { bearer: { env: SALLYPORT_TEST_ABSENT } }\n') + target('open', ''));
  const lines: string[] = [];
  const policy = await openPolicy(folder, { recorder: { append: () => Promise.resolve() }, log: (line) => lines.push(line), kinds: [] });
  t.after(() => policy.close());
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^target absent cannot be opened: the environment variable SALLYPORT_TEST_ABSENT is not set/);
  assert.equal(policy.snapshot().targets.length, 3);
});
