import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { parseScript, runStep, settled } from './script.ts';

test('a script is commands, each with what goes in and what comes out', async () => {
  const [step, ...rest] = parseScript('# remark\n$ cat; echo oops >&2; exit 3\n< in\n| in\n! oops\n= 3\n');
  assert.ok(step);
  assert.deepEqual(rest, []);
  const outcome = await runStep(step, {}, tmpdir());
  assert.deepEqual(outcome, { stdout: ['in'], stderr: ['oops'], exit: 3 });
  assert.deepEqual(outcome, { stdout: step.stdout, stderr: step.stderr, exit: step.exit });
});

test('a wildcard matches what stands there, and nothing else is forgiven', () => {
  assert.deepEqual(settled(['id <*> ok'], ['id 17 ok']), ['id 17 ok']);
  assert.deepEqual(settled(['id <*> ok'], ['id 17 bad']), ['id <*> ok']);
  assert.deepEqual(settled(['a', '<...>', 'z'], ['a', 'b', 'c', 'z']), ['a', 'b', 'c', 'z']);
  assert.deepEqual(settled(['a', '<...>', 'z'], ['a', 'z']), ['a', 'z']);
  assert.deepEqual(settled(['a', 'b'], ['a']), ['a', 'b']);
  assert.deepEqual(settled(['a.c'], ['abc']), ['a.c']);
});
