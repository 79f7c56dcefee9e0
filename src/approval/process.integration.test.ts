import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { openStorage } from '../storage/storage.ts';
import { openApprovals } from './approvals.ts';
import { askFor, KEY, lead, MemoryRecorder } from './fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-approvals-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What every child starts with. */
const OPEN = `
const [url, base] = process.argv.slice(1);
const { openStorage } = await import(base + '../storage/storage.ts');
const { openApprovals } = await import(base + 'approvals.ts');
const { askFor, KEY, lead, MemoryRecorder } = await import(base + 'fixtures.ts');
const storage = await openStorage({ url });
const approvals = await openApprovals({ storage, recorder: new MemoryRecorder(), key: KEY, owner: 'child' });
`;

function startChild(url: string, script: string) {
  return spawn(process.execPath, ['--input-type=module', '-e', OPEN + script, url, new URL('./', import.meta.url).href]);
}

test('a process that closes its approvals ends by itself: no timer, listener or thread is left', async () => {
  const child = startChild(
    `sqlite:${join(folder, 'close.db')}`,
    `const { id } = await approvals.request(askFor());
     const left = new AbortController();
     const waits = [approvals.settled(id, left.signal), approvals.settled(id, new AbortController().signal)];
     approvals.onChange(() => {});
     left.abort();
     await approvals.close();
     await Promise.all(waits);
     await storage.close();`,
  );
  const said = text(child.stderr);
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.deepEqual([code, await said], [0, '']);
});

test('kill -9 while it executes: pending stays pending, granted stays granted, and what ran is unknown and never runs again', async () => {
  const url = `sqlite:${join(folder, 'kill.db')}`;
  const child = startChild(
    url,
    `const ids = [];
     for (const n of [1, 2, 3]) ids.push((await approvals.request(askFor({ args: { n } }))).id);
     for (const id of ids.slice(1)) await approvals.answer(id, lead, 'approve', '');
     await approvals.execute(ids[2], 'intent');
     console.log(JSON.stringify(ids));`,
  );
  const exited = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  child.kill('SIGKILL');
  await exited;

  const ids = JSON.parse(line) as string[];
  const storage = await openStorage({ url });
  const recorder = new MemoryRecorder();
  const approvals = await openApprovals({ storage, recorder, key: KEY, owner: 'child' });
  const states = await Promise.all(ids.map(async (id) => (await approvals.get(id))?.status));
  const again = await approvals.request(askFor({ args: { n: 3 } }));
  const ran = await Promise.all(ids.map((id) => approvals.execute(id, 'second')));
  const answered = await approvals.answer(ids[0] ?? '', lead, 'approve', '');
  await approvals.close();
  await storage.close();
  assert.deepEqual(states, ['pending', 'granted', 'indeterminate']);
  assert.deepEqual([again.id, again.status], [ids[2], 'indeterminate']);
  assert.deepEqual(ran, [false, true, false]);
  assert.equal(answered.status, 'granted');
  assert.deepEqual(recorder.kinds({ id: ids[2] ?? '' }), ['approval.indeterminate']);
});
