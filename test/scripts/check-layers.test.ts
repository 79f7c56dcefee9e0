import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

interface Outcome {
  readonly exit: number | null;
  readonly said: string;
}

function check(files: Readonly<Record<string, string>>): Outcome {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-layers-'));
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), source);
  }
  const run = spawnSync(process.execPath, [join(import.meta.dirname, '../../scripts/check-layers.mjs'), root], { encoding: 'utf8' });
  rmSync(root, { recursive: true });
  return { exit: run.status, said: run.stdout + run.stderr };
}

const line = (specifier: string): string => `import { x } from '${specifier}';\nexport const y = x;\n`;

const ALLOWED: Readonly<Record<string, [file: string, source: string]>> = {
  'an import toward core': ['src/policy/a.ts', line('../core/b.ts')],
  'a neighbour in the same folder': ['src/policy/a.ts', line('./b.ts')],
  'storage, by a folder that keeps rows': ['src/approval/a.ts', line('../storage/b.ts')],
  'a layer skipped on the way down': ['src/cli/a.ts', line('../audit/b.ts')],
  'what protocols share': ['src/protocols/mcp/a.ts', line('../shared.ts')],
  'the list of protocols': ['src/protocols/registry.ts', line('./mcp/a.ts')],
  'test support, by a test': ['src/storage/a.integration.test.ts', line('../../test/support/b.ts')],
  'a package': ['src/core/a.ts', line('zod')],
  'a path that a comment mentions': ['src/core/a.ts', "// as in '../policy/b.ts'\n/** not `../policy/b.ts` */\nexport const a = 1;\n"],
};

const REFUSED: Readonly<Record<string, [file: string, source: string, reason: RegExp]>> = {
  'an upward import': ['src/core/a.ts', line('../policy/b.ts'), /upward, from core to policy/],
  'an upward type import': ['src/policy/a.ts', "import type { X } from '../api/b.ts';\n", /upward, from policy to api/],
  'an upward re-export': ['src/audit/a.ts', "export * from '../gateway/b.ts';\n", /upward, from audit to gateway/],
  'an upward dynamic import': ['src/audit/a.ts', "const b = await import('../protocols/mcp/b.ts');\n", /upward, from audit to protocols/],
  'a worker of an upper layer': ['src/audit/a.ts', "new Worker(new URL('../cli/b.ts', import.meta.url));\n", /upward, from audit to cli/],
  'an import that spans lines': ['src/core/a.ts', "import {\n  x,\n} from\n  '../api/b.ts';\n", /upward, from core to api/],
  'a folder of the same layer': ['src/masking/a.ts', line('../policy/b.ts'), /masking and policy are of one layer/],
  'storage, by a folder that keeps no rows': ['src/policy/a.ts', line('../storage/b.ts'), /policy and storage are of one layer/],
  'another protocol': ['src/protocols/mcp/a.ts', line('../postgres/b.ts'), /protocol mcp does not know protocol postgres/],
  'a folder without a layer': ['src/extra/a.ts', line('../core/b.ts'), /`extra` has no layer/],
  'test support, by the product': ['src/storage/a.ts', line('../../test/support/b.ts'), /nothing from outside/],
  'a computed import': ['src/core/a.ts', 'const b = await import(name);\n', /computed import/],
};

for (const [name, [file, source]] of Object.entries(ALLOWED)) {
  test(`layers allow ${name}`, () => assert.deepEqual(check({ [file]: source }), { exit: 0, said: 'layers: 1 files read, 0 violations\n' }));
}

for (const [name, [file, source, reason]] of Object.entries(REFUSED)) {
  test(`layers refuse ${name}`, () => {
    const { exit, said } = check({ [file]: source });
    assert.equal(exit, 1);
    assert.match(said, reason);
  });
}

test('a check that read nothing has failed', () => {
  const { exit, said } = check({ 'src/readme.md': 'nothing here' });
  assert.equal(exit, 1);
  assert.match(said, /0 files read/);
});
