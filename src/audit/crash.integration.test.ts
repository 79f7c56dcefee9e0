import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { until } from '../../test/support/until.ts';
import { listSegments, type Segment } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';
import { dataFolder, leavesOf, type DataFolder } from './testing.ts';

interface Kill {
  /** So long after the first acknowledgement. */
  readonly milliseconds: number;
  /** And not before this. */
  readonly after?: () => Promise<unknown>;
  readonly segmentBytes?: number;
}

/** Runs the load for a while, then kills it as hard as can be. Returns the ids that were acknowledged. */
async function killUnderLoad(data: DataFolder, { milliseconds, after, segmentBytes = 100_000 }: Kill): Promise<readonly string[]> {
  const words = [join(import.meta.dirname, 'crash-load.ts'), data.journal, data.keys, String(segmentBytes)];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line');
  lines.on('line', (line) => acknowledged.push(line));
  const closed = once(lines, 'close');
  await first;
  await setTimeout(milliseconds);
  await after?.();
  child.kill('SIGKILL');
  await Promise.all([exited, closed]);
  // The last line may be cut in the pipe: an id has 26 characters.
  return acknowledged.filter((line) => line.length === 26);
}

async function recordedIds(data: DataFolder): Promise<ReadonlySet<string>> {
  return new Set((await leavesOf(data)).map(({ id }) => id));
}

test('kill -9 under load, five times on one log: every acknowledged event is there, and the log verifies', async (t) => {
  const data = await dataFolder(t);
  const acknowledged: string[] = [];
  for (const milliseconds of [20, 75, 130, 210, 330]) {
    acknowledged.push(...(await killUnderLoad(data, { milliseconds })));
    const asItWasLeft = await data.verify();
    assert.deepEqual(asItWasLeft.problems, []);
    const journal = await data.open();
    await journal.close();
    const ids = await recordedIds(data);
    assert.deepEqual(
      acknowledged.filter((id) => !ids.has(id)),
      [],
    );
    const report = await data.verify();
    assert.deepEqual([report.ok, report.writers[0]?.notYetCovered, report.writers[0]?.unfinishedBytes], [true, 0, 0]);
  }
  assert.ok(acknowledged.length > 5 * 16);
  const segments = (await readdir(join(data.journal, 'w1'))).filter((name) => name.endsWith('.segment'));
  assert.ok(segments.length > 5);
});

/** The last segment, where it ends in zeros: in room that was laid ahead. */
async function segmentWithRoom(data: DataFolder): Promise<Segment | undefined> {
  const last = (await listSegments(join(data.journal, 'w1'))).at(-1);
  return last && (await readFile(last.path)).at(-1) === 0 && last.bytes > 600_000 ? last : undefined;
}

test('kill -9 while there is room ahead: the zeros count for nothing, and the next start cuts them', async (t) => {
  if (process.platform !== 'linux') return;
  const data = await dataFolder(t);
  for (const milliseconds of [0, 40, 90]) {
    const after = (): Promise<unknown> => until('room ahead', () => segmentWithRoom(data), 1200);
    const acknowledged = await killUnderLoad(data, { milliseconds, after, segmentBytes: 64 << 20 });
    const left = await segmentWithRoom(data);
    assert.ok(left);
    const asItWasLeft = await data.verify();
    assert.deepEqual(asItWasLeft.problems, []);
    const journal = await data.open();
    const { position } = journal;
    await journal.close();
    assert.equal(position, asItWasLeft.writers[0]?.events);
    const bytes = await readFile(left.path);
    const reader = await SegmentReader.open(left.path, left.body);
    while ((await reader.read()).length > 0);
    assert.equal(reader.offset, bytes.length, 'the file ends with its last record');
    await reader.close();
    const ids = await recordedIds(data);
    assert.deepEqual(
      acknowledged.filter((id) => !ids.has(id)),
      [],
    );
    assert.equal((await data.verify()).ok, true);
  }
});

test('a second process on the folder is refused by name, and let in when the first is gone', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-load.ts'), data.journal, data.keys], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  assert.deepEqual((await exited)[0], 1);
  assert.match(said, new RegExp(`in use by process ${process.pid} on `));
  await journal.close();
  assert.ok((await killUnderLoad(data, { milliseconds: 20 })).length > 0);
});
