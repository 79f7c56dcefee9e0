import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly said: string;
}

const RUNNER = join(import.meta.dirname, '../../scripts/run-test-files.mjs');

/** In a process of its own, as node:test refuses to run inside a test. */
function runFiles(sources: readonly string[]): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tests-'));
  const files = sources.map((source, at) => {
    const file = join(folder, `${at}.test.mjs`);
    writeFileSync(file, `import assert from 'node:assert/strict';\nimport { describe, test } from 'node:test';\n${source}\n`);
    return file;
  });
  const code = `import { runTestFiles } from ${JSON.stringify(RUNNER)}; console.log(JSON.stringify(await runTestFiles(${JSON.stringify(files)})));`;
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  writeFileSync(join(folder, 'run.mjs'), code);
  const run = spawnSync(process.execPath, [join(folder, 'run.mjs')], { encoding: 'utf8', env });
  rmSync(folder, { recursive: true });
  // The line that our own code above printed.
  return JSON.parse(run.stdout) as Outcome;
}

test('tests of several files are added up, inside suites and out', () => {
  const outcome = runFiles(["test('a', () => {}); describe('s', () => { test('b', () => {}); });", "test('c', () => {});"]);
  assert.deepEqual(outcome, { passed: 3, failed: 0, skipped: 0, said: '' });
});

test('a failure is named with its place, its error and what the file printed', () => {
  const { failed, said } = runFiles(["test('two is three', () => { console.log('a clue'); assert.equal(2, 3); });"]);
  assert.equal(failed, 1);
  assert.match(said, /FAILED two is three \(.*0\.test\.mjs:\d+\)/);
  assert.match(said, /2 !== 3/);
  assert.match(said, /a clue/);
});

test('a file that breaks before its first test has failed', () => {
  const { passed, failed, said } = runFiles(["throw new Error('broken file');"]);
  assert.deepEqual({ passed, failed }, { passed: 0, failed: 1 });
  assert.match(said, /broken file/);
});

test('a promise that breaks after the tests ended is a failure', () => {
  const { failed, said } = runFiles(["test('a', () => { setTimeout(() => { throw new Error('too late'); }, 5); });"]);
  assert.equal(failed, 1);
  assert.match(said, /too late/);
});

test('skipped and unfinished tests are no passes, and their reasons are told', () => {
  const { passed, skipped, said } = runFiles(["test('a', { skip: 'no such thing here' }, () => {}); test('b', { todo: true }, () => {});"]);
  assert.deepEqual({ passed, skipped }, { passed: 0, skipped: 2 });
  assert.match(said, /skipped a: no such thing here/);
});

test('shared cases that are not present are mentioned, and pass', () => {
  const outcome = runFiles(["test('a', () => { console.log('shared cases: not present'); });"]);
  assert.deepEqual(outcome, { passed: 1, failed: 0, skipped: 0, said: 'shared cases: not present' });
});
