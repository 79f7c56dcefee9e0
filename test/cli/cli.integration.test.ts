import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { ROOT, startDemoGateway } from './demo-gateway.ts';
import { parseScript, runStep, settled } from './script.ts';

test('the command line says in each session what its script says', async (t) => {
  const demo = await startDemoGateway();
  t.after(() => demo.stop());
  const scripts = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.txt')).toSorted();
  assert.notEqual(scripts.length, 0);
  for (const script of scripts) await t.test(script, () => playScript(script, demo.env));
});

/** In an empty folder, with nobody signed in, and `sallyport` reached through a symbolic link. */
async function playScript(script: string, gateway: Readonly<Record<string, string>>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-script-'));
  try {
    await symlink(join(ROOT, 'bin/sallyport'), join(folder, 'sallyport'));
    await writeFile(join(folder, 'call-tool'), `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'call-tool.ts')}' "$@"\n`, { mode: 0o755 });
    const env = {
      ...gateway,
      SALLYPORT_HOME: join(folder, 'home'),
      SALLYPORT_KEYRING: 'off',
      PATH: [folder, process.env['PATH']].join(delimiter),
      POLICY: join(ROOT, 'examples/models/resources'),
    };
    for (const step of parseScript(await readFile(join(import.meta.dirname, script), 'utf8'))) {
      const { stdout, stderr, exit } = await runStep(step, env, folder);
      const expected = { stdout: settled(step.stdout, stdout), stderr: settled(step.stderr, stderr), exit: step.exit };
      assert.deepEqual({ stdout, stderr, exit }, expected, `${script}:${step.line}: ${step.command}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
