import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const BIN = join(import.meta.dirname, '../../bin/sallyport');
const SAY_FLAGS = '--import=data:text/javascript,console.log(JSON.stringify(process.execArgv))';

const USUAL = ['--max-semi-space-size=32', '--heap-growing-percent=300'];

/** The flags that the project's Node is started with for these words. */
function flagsOf(...words: readonly string[]): readonly string[] {
  const [program = '', ...rest] = words;
  const { stdout } = spawnSync(program, rest, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: SAY_FLAGS } });
  // Printed by the line above.
  return JSON.parse(stdout.split('\n')[0] ?? '') as string[];
}

test('a gateway is started with generations of its own sizes, and on one processor collects garbage in the thread that needs it; other commands are not', () => {
  if (process.platform !== 'linux') return;
  const start = [BIN, 'start', '--config', '/nonexistent.yaml'];
  assert.deepEqual(flagsOf('taskset', '0x1', ...start), [...USUAL, '--single-threaded-gc']);
  assert.deepEqual(flagsOf('taskset', '0x1', BIN, 'policy', 'explain', '--help'), []);
  if (availableParallelism() > 1) assert.deepEqual(flagsOf(...start), USUAL);
});
