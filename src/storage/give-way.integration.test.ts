import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** Opens an embedded database and prints the nice value of each thread, by its name. Source: proc_pid_stat(5). */
const PROGRAM = `
  import { readdirSync, readFileSync } from 'node:fs';
  import { openStorage } from ${JSON.stringify(join(import.meta.dirname, 'storage.ts'))};
  const storage = await openStorage({ url: 'sqlite:' + process.argv[1], report() {} });
  const threads = readdirSync('/proc/self/task').map((id) => readFileSync('/proc/self/task/' + id + '/stat', 'utf8'));
  const nice = (stat) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  console.log(JSON.stringify(Object.fromEntries(threads.map((stat) => [/\\((.*)\\)/.exec(stat)[1], nice(stat)]))));
  await storage.close();
`;

function threadsOf(path: string, before: readonly string[]): Readonly<Record<string, number>> {
  const [program, ...words] = [...before, process.execPath, '--input-type=module', '-e', PROGRAM, path];
  // Printed by the program above.
  return JSON.parse(execFileSync(program, words, { encoding: 'utf8' })) as Record<string, number>;
}

test('where all threads share one processor, that of the database gives way to the one that moves bytes; where they do not, it does not', async (t) => {
  if (process.platform !== 'linux') return;
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-threads-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const mine = execFileSync('nice', { encoding: 'utf8' }).trim();
  const alone = threadsOf(join(folder, 'one.db'), ['taskset', '0x1']);
  assert.equal(alone['MainThread'], Number(mine));
  assert.equal(alone['sallyport-sqlit'], Math.max(10, Number(mine)));
  if (availableParallelism() === 1) return;
  const several = threadsOf(join(folder, 'two.db'), []);
  assert.deepEqual([several['MainThread'], several['sallyport-sqlit']], [Number(mine), Number(mine)]);
});
