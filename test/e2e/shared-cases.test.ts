import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const CASES = resolve(ROOT, process.env['SALLYPORT_CASES'] ?? '../shared/cases');
const RUNNER = join(CASES, 'run-mcp.mjs');
/** Categories in which every verdict that can be checked must hold. */
const HELD = [
  'header-body-differential',
  'json-differential',
  'jsonrpc-semantics',
  'tool-name-confusion',
  'http-transport',
  'token',
  'tool-result',
  'resource-path',
  'argument-semantics',
  'benign',
];

interface Result {
  readonly id: string;
  readonly category: string;
  readonly title: string;
  readonly outcome: 'passed' | 'failed' | 'unchecked';
  readonly got: string;
}

test('every attack case that is shared with us gets the verdict that it names', async (t) => {
  if (!existsSync(RUNNER)) return t.diagnostic('shared cases: not present');
  const results = await runCases();
  assert.ok(results.length > 0, 'the runner told nothing');
  for (const category of HELD) {
    const of = results.filter((result) => result.category === category);
    await t.test(`${category}: ${of.length} cases`, (each) => {
      assert.deepEqual(
        of.filter(({ outcome }) => outcome === 'failed').map(({ id, title, got }) => `${id} ${title}: ${got}`),
        [],
      );
      for (const { id, got } of of.filter(({ outcome }) => outcome === 'unchecked')) each.diagnostic(`${id} not checked here: ${got}`);
    });
  }
});

async function runCases(): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cases-'));
  try {
    const report = join(folder, 'results.json');
    const child = spawn(process.execPath, [RUNNER, '--json', report, '--checks', join(ROOT, 'test/cases/case-checks.mjs')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    assert.ok(existsSync(report), `the runner gave up: ${output.slice(-2000)}`);
    // The runner's own form; only the named members are read.
    return JSON.parse(await readFile(report, 'utf8')) as readonly Result[];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
