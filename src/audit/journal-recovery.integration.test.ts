import assert from 'node:assert/strict';
import { readFile, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { newId } from '../core/id.ts';
import { localDisk, type Disk } from './disk.ts';
import { FRAME_HEADER, type Frame } from './frame.ts';
import { parseVerifiers } from './note.ts';
import { recoverLog } from './recover.ts';
import { listSegments, type Segment } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';
import { aBody, anEvent, dataFolder, leavesOf, type DataFolder } from './testing.ts';

/** Seven hundred cuts in a moment: what is cut is under test, not how long it takes to be durable. */
const withoutSync: Disk = {
  ...localDisk,
  extend: async (path) => ({ ...(await localDisk.extend(path)), sync: async () => {} }),
  syncFolder: async () => {},
};

async function onlySegment(data: DataFolder): Promise<Segment> {
  const [segment] = await listSegments(join(data.journal, 'w1'));
  assert.ok(segment);
  return segment;
}

async function framesOf({ path, body }: Segment): Promise<readonly Frame[]> {
  const reader = await SegmentReader.open(path, body);
  const frames = await reader.read();
  await reader.close();
  return frames;
}

/** Four commits of a record each, and signed. */
async function fourRecords(t: TestContext): Promise<{ readonly data: DataFolder; readonly segment: Segment }> {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 4; i += 1) await journal.append(anEvent());
  await journal.close();
  return { data, segment: await onlySegment(data) };
}

/** Where the last byte before `end` ends that is not zero. */
function bytesBefore(bytes: Buffer, end: number): number {
  return bytes.subarray(0, end).findLastIndex((byte) => byte !== 0) + 1;
}

test('a torn tail of any length is cut, and everything before it stays', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 3; i += 1) await journal.append(anEvent('command.forwarded', { note: `n${i}` }), [aBody('{"a":1}')]);
  await journal.checkpoint();
  const segment = await onlySegment(data);
  const before = (await stat(segment.path)).size;
  await journal.append({ id: newId(), time: new Date().toISOString(), kind: 'signin.failed' }, [aBody('{"b":2}')]);
  const whole = await readFile(segment.path);
  // The process is gone without closing: its lock is let go, its files are as they are.
  await journal.close();
  const notes = await readFile(join(data.journal, 'w1', 'checkpoints'));
  const signedThree = notes.subarray(0, notes.indexOf('\n\n', notes.indexOf('\n\n') + 2) + 2);
  await writeFile(join(data.journal, 'w1', 'checkpoints'), signedThree);
  const verifiers = parseVerifiers(await data.publicKey());
  for (let end = before; end < whole.length; end += 1) {
    await writeFile(segment.path, whole.subarray(0, end));
    const found = await recoverLog(join(data.journal, 'w1'), journal.origin, verifiers, withoutSync);
    assert.equal(found.tree.size, 3, `cut at ${end}`);
    assert.equal(found.cutBytes, bytesBefore(whole, end) - before, 'zeros at its end may be room');
    assert.equal((await stat(segment.path)).size, before);
  }
  await writeFile(segment.path, whole.subarray(0, whole.length - 1));
  const again = await data.open();
  assert.equal(again.position, 3);
  await again.append(anEvent());
  await again.close();
  assert.equal((await data.verify()).ok, true);
});

/** What a commit may leave that was torn in room ahead: any part of it is there, and zeros stand for the rest. */
const tornInRoom: readonly (readonly [name: string, tear: (commit: Buffer) => Buffer])[] = [
  ['nothing of it arrived', (commit) => commit.fill(0)],
  ['its head arrived', (commit) => commit.fill(0, FRAME_HEADER)],
  ['all but its last byte arrived', (commit) => commit.fill(0, commit.length - 1)],
  ['its end arrived before its beginning', (commit) => commit.fill(0, 0, FRAME_HEADER)],
  ['a part in the middle is missing', (commit) => commit.fill(0, 100, 300)],
];

for (const [name, tear] of tornInRoom) {
  test(`a commit that was torn in room ahead, ${name}: it is cut with the room, nothing before it is, and the log goes on`, async (t) => {
    const data = await dataFolder(t);
    const journal = await data.open();
    for (let i = 0; i < 3; i += 1) await journal.append(anEvent());
    await journal.checkpoint();
    const signed = await readFile(join(data.journal, 'w1', 'checkpoints'));
    const segment = await onlySegment(data);
    // The first goes alone; the other three are one commit, so that whole records stand behind the torn one.
    await Promise.all([1, 2, 3, 4].map(() => journal.append(anEvent('command.forwarded', { note: 'x'.repeat(400) }))));
    await journal.close();
    const frames = await framesOf(segment);
    assert.deepEqual(
      frames.slice(3).map(({ startsCommit }) => startsCommit),
      [true, true, false, false],
    );
    const before = frames[4]?.offset ?? 0;
    await writeFile(join(data.journal, 'w1', 'checkpoints'), signed);
    const whole = await readFile(segment.path);
    const first = whole.subarray(before, before + Math.floor((whole.length - before) / 3));
    if (name === 'nothing of it arrived') whole.fill(0, before);
    else tear(first.at(-1) === 0 ? first.subarray(0, -1) : first);
    await writeFile(segment.path, Buffer.concat([whole, Buffer.alloc(300_000)]));
    const report = await data.verify();
    assert.deepEqual([report.ok, report.writers[0]?.covered, report.writers[0]?.events], [true, 3, 4]);
    assert.equal(report.writers[0]?.unfinishedBytes === 0, name === 'nothing of it arrived');
    const again = await data.open();
    assert.equal(again.position, 4);
    assert.equal(again.cutBytes, Math.max(0, bytesBefore(whole, whole.length) - before), 'without the room');
    assert.equal((await stat(segment.path)).size, before);
    await again.append(anEvent());
    await again.close();
    assert.deepEqual([(await data.verify()).ok, (await leavesOf(data)).length], [true, 5]);
  });
}

test('zeros in the place of acknowledged records are no room where commits or a checkpoint follow: the log is refused, and verification names the place', async (t) => {
  const { data, segment } = await fourRecords(t);
  const frames = await framesOf(segment);
  const whole = await readFile(segment.path);
  const [second = 0, third = 0] = [frames[1]?.offset, frames[2]?.offset];
  await writeFile(segment.path, Buffer.from(whole).fill(0, second, third));
  await assert.rejects(data.open(), (error) => isSallyportError(error, 'record_failed') && error.message.includes('record 1 at byte'));
  assert.deepEqual(
    (await data.verify()).problems.map(({ kind, offset }) => [kind, offset]),
    [['edited', second]],
  );
  await writeFile(segment.path, Buffer.from(whole).fill(0, third));
  await assert.rejects(data.open(), { code: 'record_failed', message: /ends at record 2, but 4 were signed/ });
  assert.deepEqual(
    (await data.verify()).problems.map(({ kind }) => kind),
    ['truncated'],
  );
});

test('a record that is broken before acknowledged ones is not cut: the log is left as it is, and nothing is recorded into it', async (t) => {
  const { data, segment } = await fourRecords(t);
  const frames = await framesOf(segment);
  const bytes = await readFile(segment.path);
  const second = frames[1]?.offset ?? 0;
  bytes[second + FRAME_HEADER + 10] = (bytes[second + FRAME_HEADER + 10] ?? 0) ^ 1;
  await writeFile(segment.path, bytes);
  await assert.rejects(data.open(), (error) => isSallyportError(error, 'record_failed') && error.message.includes('record 1 at byte'));
  assert.deepEqual(await readFile(segment.path), bytes);
});

test('a log that ends before what was signed is refused', async (t) => {
  const { data, segment } = await fourRecords(t);
  await truncate(segment.path, segment.bytes - 10);
  await assert.rejects(data.open(), { code: 'record_failed', message: /ends at record 3, but 4 were signed/ });
  await truncate(segment.path, segment.body);
  await assert.rejects(data.open(), { code: 'record_failed' });
  await unlink(segment.path);
  await assert.rejects(data.open(), { code: 'record_failed' });
});
