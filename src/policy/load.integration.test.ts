import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { SallyportError } from '../core/error.ts';
import { checkResources } from './check.ts';
import { TARGET } from './fixtures.ts';
import { loadResources } from './resources.ts';
import { compilePolicy, type Snapshot } from './snapshot.ts';
import { watchResources } from './watch.ts';

const policy = (name: string): string => `kind: Policy\nname: ${name}\ntargets: [models]\nrules: [{ name: r, allow: [tools/list] }]\n`;

async function folderOf(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-policy-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'sub', 'deeper'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

test('a folder is read one level deep, yaml and yml only, hidden files not', async (context) => {
  const folder = await folderOf(context, {
    'b.yaml': TARGET,
    'sub/a.yml': policy('a'),
    'sub/deeper/c.yaml': policy('c'),
    '.hidden.yaml': 'nonsense',
    'notes.txt': 'nonsense',
  });
  const { targets, policies } = await loadResources(folder);
  assert.deepEqual([targets.map((one) => one.name), policies.map((one) => one.name)], [['models'], ['a']]);
  assert.equal((await loadResources(join(folder, 'b.yaml'))).targets.length, 1);
});

test('a problem names the file by its path within the folder', async (context) => {
  const folder = await folderOf(context, { 'sub/a.yml': 'kind: Nothing' });
  const { problems } = await checkResources(folder);
  assert.deepEqual(
    problems.map(({ file, line, column }) => [file, line, column]),
    [['sub/a.yml', 1, 7]],
  );
});

test('a file over 1 MiB and a folder that is not there are refused', async (context) => {
  const folder = await folderOf(context, { 'a.yaml': `# ${'x'.repeat(1 << 20)}\n${TARGET}` });
  await assert.rejects(loadResources(folder), /the limit is 1048576/);
  await assert.rejects(loadResources(join(folder, 'absent')), { code: 'resources_invalid' });
});

/** What a watch told, one thing after the other. */
function makeWatch(path: string, context: TestContext, options: Parameters<typeof watchResources>[3]) {
  const told: (Snapshot | SallyportError)[] = [];
  let wake = (): void => {};
  const note = (one: Snapshot | SallyportError): void => {
    told.push(one);
    wake();
  };
  const stop = new AbortController();
  const ended = watchResources(path, { onChange: note, onRefused: note }, stop.signal, { quietMs: 10, ...options });
  context.after(async () => {
    stop.abort();
    await ended;
  });
  const next = async (): Promise<Snapshot | SallyportError> => {
    for (;;) {
      const one = told.shift();
      if (one) return one;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  /** A file written in place is empty for a moment, which is a state of its own: what is told of it is passed over. */
  const nextThat = async (accept: (one: Snapshot | SallyportError) => boolean): Promise<Snapshot | SallyportError> => {
    for (;;) {
      const one = await next();
      if (accept(one)) return one;
    }
  };
  return { nextThat, told };
}

const isSnapshot = (one: Snapshot | SallyportError): one is Snapshot => 'version' in one;

for (const [how, options] of [
  ['by the system', { pollMs: 60_000 }],
  ['by looking', { pollMs: 20 }],
] as const) {
  test(`a changed file becomes a new snapshot, a bad one is refused and the old stays (${how})`, async (context) => {
    const folder = await folderOf(context, { 'a.yaml': TARGET, 'p.yaml': policy('p') });
    const first = compilePolicy(await loadResources(folder));
    const { nextThat, told } = makeWatch(folder, context, { ...options, revision: first.revision });
    // The watch is on before its first look at the files ends; a change from here on is seen.
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(told.length, 0);

    await writeFile(join(folder, 'p.yaml'), policy('q'));
    const changed = await nextThat((one) => isSnapshot(one) && one.version !== first.version);
    assert.ok(isSnapshot(changed));

    await writeFile(join(folder, 'p.yaml'), 'kind: Nothing');
    const refused = await nextThat((one) => !isSnapshot(one));
    assert.ok(!isSnapshot(refused) && refused.code === 'resources_invalid');

    await writeFile(join(folder, 'new.tmp'), policy('p'));
    await rename(join(folder, 'new.tmp'), join(folder, 'p.yaml'));
    const back = await nextThat(isSnapshot);
    assert.ok(isSnapshot(back) && back.version === first.version);
  });
}
