import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tmpdir } from 'node:os';
import { parseCheckpoints } from './checkpoint.ts';
import { openJournal } from './open-journal.ts';
import { listSegments, type Segment } from './segment.ts';
import type { Frame } from './frame.ts';
import { SegmentReader } from './segment-reader.ts';
import { aBody, anEvent, dataFolder } from './testing.ts';
import { verifyLog, type VerifyReport } from './verify.ts';
import type { TestContext } from 'node:test';

interface Log {
  readonly root: string;
  readonly folder: string;
  readonly publicKey: string;
  readonly segments: readonly { readonly segment: Segment; readonly bytes: Buffer; readonly frames: readonly Frame[] }[];
}

const EVENTS = 60;
let original: Log;

before(async () => {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
  const journal = await openJournal({
    folder: join(root, 'journal'),
    keysFolder: join(root, 'keys'),
    writer: 'w1',
    segmentBytes: 12_000,
    checkpointEveryMs: 60_000,
  });
  for (let i = 0; i < EVENTS; i += 1) {
    await journal.append(anEvent(i % 2 ? 'reply.received' : 'command.forwarded', { note: `event number ${i}` }), [aBody(`{"n":${i}}`)]);
    if (i % 7 === 6) await journal.checkpoint();
  }
  await journal.close();
  original = await readLog(root);
  assert.ok(original.segments.length >= 3);
});

after(() => rm(original.root, { recursive: true }));

async function readLog(root: string): Promise<Log> {
  const folder = join(root, 'journal', 'w1');
  const segments = await Promise.all(
    (await listSegments(folder)).map(async (segment) => {
      const reader = await SegmentReader.open(segment.path, segment.body);
      const frames = await reader.read();
      await reader.close();
      return { segment, bytes: await readFile(segment.path), frames };
    }),
  );
  return { root, folder, publicKey: await readFile(join(root, 'keys', 'checkpoint.pub'), 'utf8'), segments };
}

async function copyOf(t: TestContext): Promise<Log> {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
  t.after(() => rm(root, { recursive: true }));
  await cp(original.root, root, { recursive: true });
  return readLog(root);
}

function verify(log: Log, checkpoints: readonly string[] = []): Promise<VerifyReport> {
  return verifyLog({ folder: join(log.root, 'journal'), publicKey: log.publicKey, checkpoints });
}

/** The segment's bytes with its frames replaced. */
function rebuilt({ bytes, segment }: Log['segments'][number], frames: readonly Buffer[]): Buffer {
  return Buffer.concat([bytes.subarray(0, segment.body), ...frames]);
}

function rawFrames({ bytes, frames }: Log['segments'][number]): Buffer[] {
  return frames.map(({ offset, size }) => bytes.subarray(offset, offset + size));
}

const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index];
  assert.ok(item !== undefined);
  return item;
};

test('an untouched log is never reported, and is covered to its end', async (t) => {
  for (let i = 0; i < 3; i += 1) {
    const report = await verify(await copyOf(t));
    assert.deepEqual(report.problems, []);
    assert.deepEqual(report.writers, [
      {
        writer: 'w1',
        events: EVENTS,
        covered: EVENTS,
        notYetCovered: 0,
        checkpoints: at(report.writers, 0).checkpoints,
        segments: original.segments.length,
        unfinishedBytes: 0,
        abandoned: 0,
        deleted: 0,
      },
    ]);
  }
});

test('the first bad place is named', async (t) => {
  const log = await copyOf(t);
  const each = at(log.segments, 1);
  const third = at(each.frames, 2);
  await writeFile(each.segment.path, rebuilt(each, rawFrames(each).toSpliced(2, 1)));
  const [problem] = (await verify(log)).problems;
  assert.deepEqual(
    [problem?.writer, problem?.index, problem?.segment, problem?.offset, problem?.kind],
    ['w1', third.index, each.segment.path, third.offset, 'deleted'],
  );
});

test('what lies behind the newest checkpoint is counted as not yet covered, never as verified', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 5; i += 1) await journal.append(anEvent());
  await journal.checkpoint();
  for (let i = 0; i < 3; i += 1) await journal.append(anEvent());
  const [writer] = (await data.verify()).writers;
  assert.deepEqual([writer?.events, writer?.covered, writer?.notYetCovered], [8, 5, 3]);
  await journal.close();
});

test('a rollback to an older complete state is found with a checkpoint that was kept elsewhere, and not without', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 5; i += 1) await journal.append(anEvent());
  await journal.checkpoint();
  const older = join(data.path, 'older');
  await cp(data.journal, older, { recursive: true });
  await journal.append(anEvent());
  await journal.close();
  const newest = parseCheckpoints(await readFile(join(data.journal, 'w1', 'checkpoints'), 'utf8')).notes.at(-1);
  const kept = `${newest?.text}\n${newest?.signatures.join('\n')}\n`;
  const publicKey = await data.publicKey();
  assert.equal((await verifyLog({ folder: older, publicKey })).ok, true);
  const report = await verifyLog({ folder: older, publicKey, checkpoints: [kept] });
  assert.deepEqual(
    report.problems.map(({ kind, index }) => [kind, index]),
    [['truncated', 5]],
  );
  assert.equal((await data.verify([kept])).ok, true);
  const gone = await verifyLog({ folder: data.keys, publicKey, checkpoints: [kept] });
  assert.deepEqual(
    gone.problems.map(({ kind }) => kind),
    ['truncated'],
  );
  assert.equal((await data.verify(['not a checkpoint'])).ok, false);
});

test('two logs that were both signed are a fork, whichever of them is shown', async (t) => {
  const data = await dataFolder(t);
  const first = await data.open();
  for (let i = 0; i < 5; i += 1) await first.append(anEvent());
  await first.close();
  const other = join(data.path, 'other');
  await cp(data.journal, other, { recursive: true });
  const histories = await Promise.all(
    [data.journal, other].map(async (folder) => {
      const journal = await openJournal({ folder, keysFolder: data.keys, writer: 'w1' });
      for (let i = 0; i < 3; i += 1) await journal.append(anEvent('command.forwarded', { note: folder }));
      await journal.close();
      return { folder, notes: await readFile(join(folder, 'w1', 'checkpoints'), 'utf8') };
    }),
  );
  const publicKey = await data.publicKey();
  for (const { folder, notes } of histories) {
    assert.equal((await verifyLog({ folder, publicKey })).ok, true);
    const others = histories.filter((each) => each.notes !== notes).map((each) => each.notes);
    const report = await verifyLog({ folder, publicKey, checkpoints: others });
    assert.deepEqual(
      report.problems.map(({ kind }) => kind),
      ['fork'],
    );
  }
});

for (const [name, segmentBytes, bytes] of [
  ['many segments', 20_000, 200],
  ['long segments with room ahead', 4 << 20, 20_000],
] as const) {
  test(`a log that is being written verifies at any moment: ${name}`, async (t) => {
    const data = await dataFolder(t);
    const journal = await data.open({ segmentBytes, checkpointEveryMs: 5 });
    const stop = new AbortController();
    const load = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!stop.signal.aborted) await journal.append(anEvent(), [aBody('x'.repeat(bytes))]);
      }),
    );
    for (let i = 0; i < 15; i += 1) assert.deepEqual((await data.verify()).problems, []);
    stop.abort();
    await load;
    await journal.close();
    assert.equal((await data.verify()).writers[0]?.notYetCovered, 0);
  });
}
