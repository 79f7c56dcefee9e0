import assert from 'node:assert/strict';
import { readdir, readFile, stat, truncate, writeFile, copyFile, chmod, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { newId } from '../core/id.ts';
import { localDisk, type Disk } from './disk.ts';
import { FRAME_HEADER } from './frame.ts';
import { LogReader } from './log-reader.ts';
import { readLeaf, type Leaf } from './leaf.ts';
import { parseVerifiers } from './note.ts';
import { recoverLog } from './recover.ts';
import { listSegments } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';
import { aBody, anEvent, dataFolder, type DataFolder } from './testing.ts';

async function leavesOf(data: DataFolder): Promise<readonly Leaf[]> {
  const reader = new LogReader(data.journal, 'w1', 0);
  const leaves: Leaf[] = [];
  for (let frames = await reader.read(); frames.length > 0; frames = await reader.read()) {
    for (const frame of frames) {
      const leaf = readLeaf(frame.leaf);
      assert.ok(leaf);
      leaves.push(leaf);
    }
  }
  await reader.close();
  return leaves;
}

/** Seven hundred cuts in a moment: what is cut is under test, not how long it takes to be durable. */
const withoutSync: Disk = {
  ...localDisk,
  extend: async (path) => ({ ...(await localDisk.extend(path)), sync: async () => {} }),
  syncFolder: async () => {},
};

test('what was appended is read back in order, with its place in the log', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  const events = Array.from({ length: 50 }, (_, i) => anEvent('command.forwarded', { note: `n${i}` }));
  for (const event of events) await journal.append(event, [aBody('{}')]);
  await journal.close();
  const leaves = await leavesOf(data);
  assert.deepEqual(
    leaves.map(({ note, index, writer }) => [note, index, writer]),
    events.map(({ note }, i) => [note, i, 'w1']),
  );
});

test('append resolves when the event is in the file, and many at once share commits', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  let commits = 0;
  journal.watch(() => {
    commits += 1;
  });
  const lanes = Array.from({ length: 64 }, async (_, lane) => {
    for (let i = 0; i < 20; i += 1) await journal.append(anEvent('command.forwarded', { note: `${lane}-${i}` }));
  });
  await Promise.all(lanes);
  // Not closed: another reader finds them all.
  const notes = (await leavesOf(data)).map(({ note }) => note);
  assert.equal(new Set(notes).size, 64 * 20);
  assert.ok(commits < 64 * 20, `${commits} commits`);
  for (let lane = 0; lane < 64; lane += 1) {
    const own = notes.filter((note) => note?.startsWith(`${lane}-`));
    assert.deepEqual(
      own,
      Array.from({ length: 20 }, (_, i) => `${lane}-${i}`),
      "one caller's events keep their order",
    );
  }
  await journal.close();
});

test('close waits for what was appended, and then nothing more is taken', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  const appended = Array.from({ length: 500 }, () => journal.append(anEvent()));
  await journal.close();
  await Promise.all(appended);
  await assert.rejects(journal.append(anEvent()), { code: 'record_failed' });
  const report = await data.verify();
  assert.deepEqual([report.ok, report.writers[0]?.covered], [true, 500]);
});

test('a restart goes on with the same log, over many segments', async (t) => {
  const data = await dataFolder(t);
  for (let round = 0; round < 4; round += 1) {
    const journal = await data.open({ segmentBytes: 4096 });
    assert.equal(journal.position, round * 40);
    for (let i = 0; i < 40; i += 1) await journal.append(anEvent(), [aBody('x'.repeat(500))]);
    await journal.close();
  }
  const report = await data.verify();
  assert.deepEqual(report.problems, []);
  assert.equal(report.writers[0]?.covered, 160);
  assert.ok((report.writers[0]?.segments ?? 0) > 8);
});

test('a writer without a name gets one, and keeps it', async (t) => {
  const data = await dataFolder(t);
  const names: string[] = [];
  for (let i = 0; i < 2; i += 1) {
    const { writer: _, ...rest } = { writer: '', folder: data.journal, keysFolder: data.keys };
    const { openJournal } = await import('./journal.ts');
    const journal = await openJournal(rest);
    await journal.append(anEvent());
    names.push(journal.writer);
    await journal.close();
  }
  assert.equal(names[0], names[1]);
  assert.match(names[0] ?? '', /^w-[0-9a-z]{12}$/);
});

test('a second gateway on the folder is refused, and is told who holds it', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  await assert.rejects(
    data.open(),
    (error) => isSallyportError(error, 'conflict') && error.message.includes(`process ${process.pid} on `) && error.message.includes('since 20'),
  );
  await journal.append(anEvent());
  await journal.close();
  const next = await data.open();
  assert.equal(next.position, 1);
  await next.close();
});

test('a torn tail of any length is cut, and everything before it stays', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 3; i += 1) await journal.append(anEvent('command.forwarded', { note: `n${i}` }), [aBody('{"a":1}')]);
  await journal.checkpoint();
  const [segment] = await listSegments(join(data.journal, 'w1'));
  assert.ok(segment);
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
    assert.equal(found.cutBytes, end - before);
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
    const [segment] = await listSegments(join(data.journal, 'w1'));
    assert.ok(segment);
    // The first goes alone; the other three are one commit, so that whole records stand behind the torn one.
    await Promise.all([1, 2, 3, 4].map(() => journal.append(anEvent('command.forwarded', { note: 'x'.repeat(400) }))));
    await journal.close();
    const reader = await SegmentReader.open(segment.path, segment.body);
    const frames = await reader.read();
    await reader.close();
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
    assert.equal(again.cutBytes === 0, name === 'nothing of it arrived');
    assert.equal((await stat(segment.path)).size, before);
    await again.append(anEvent());
    await again.close();
    assert.deepEqual([(await data.verify()).ok, (await leavesOf(data)).length], [true, 5]);
  });
}

test('zeros in the place of acknowledged records are no room where commits or a checkpoint follow: the log is refused, and verification names the place', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 4; i += 1) await journal.append(anEvent());
  await journal.close();
  const [segment] = await listSegments(join(data.journal, 'w1'));
  assert.ok(segment);
  const reader = await SegmentReader.open(segment.path, segment.body);
  const frames = await reader.read();
  await reader.close();
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
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 4; i += 1) await journal.append(anEvent());
  await journal.close();
  const [segment] = await listSegments(join(data.journal, 'w1'));
  assert.ok(segment);
  const reader = await SegmentReader.open(segment.path, segment.body);
  const frames = await reader.read();
  await reader.close();
  const bytes = await readFile(segment.path);
  const second = frames[1]?.offset ?? 0;
  bytes[second + FRAME_HEADER + 10] = (bytes[second + FRAME_HEADER + 10] ?? 0) ^ 1;
  await writeFile(segment.path, bytes);
  await assert.rejects(data.open(), (error) => isSallyportError(error, 'record_failed') && error.message.includes('record 1 at byte'));
  assert.deepEqual(await readFile(segment.path), bytes);
});

test('a log that ends before what was signed is refused', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 4; i += 1) await journal.append(anEvent());
  await journal.close();
  const [segment] = await listSegments(join(data.journal, 'w1'));
  assert.ok(segment);
  await truncate(segment.path, segment.bytes - 10);
  await assert.rejects(data.open(), { code: 'record_failed', message: /ends at record 3, but 4 were signed/ });
  await truncate(segment.path, segment.body);
  await assert.rejects(data.open(), { code: 'record_failed' });
  await unlink(segment.path);
  await assert.rejects(data.open(), { code: 'record_failed' });
});

test('keys are readable by their owner alone, and a lost one is never replaced', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  await journal.append(anEvent(), [aBody('x')]);
  await journal.close();
  for (const name of ['recording.key', 'checkpoint.key']) {
    const path = join(data.keys, name);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await chmod(path, 0o644);
    await assert.rejects(data.open(), { code: 'config_invalid', message: /can be read by every user/ });
    await chmod(path, 0o600);
    await copyFile(path, `${path}.kept`);
    await unlink(path);
    await assert.rejects(data.open(), { code: 'config_invalid', message: /is missing/ });
    await copyFile(`${path}.kept`, path);
  }
  assert.equal((await stat(join(data.keys, 'recording.key'))).size, 32);
  await (await data.open()).close();
});

test('no body is in any file of the data folder, under no encoding that a search would try', async (t) => {
  const data = await dataFolder(t);
  const canary = 'CANARY-4f1c9b7e-card-4111111111111111';
  const journal = await data.open({ segmentBytes: 4096 });
  for (let i = 0; i < 8; i += 1) {
    await journal.append(anEvent('command.forwarded'), [aBody(canary)]);
    await journal.append(anEvent('reply.received'), [aBody(`{"value":"${canary}"}`, 'reply')]);
    await journal.append(anEvent('signin.failed', {}), [aBody(canary, 'chunk')]);
  }
  await journal.close();
  const forms = [
    Buffer.from(canary),
    Buffer.from(Buffer.from(canary).toString('hex')),
    Buffer.from(Buffer.from(canary).toString('base64').slice(0, 40)),
    Buffer.from(canary, 'utf16le'),
  ];
  let files = 0;
  for (const entry of await readdir(data.path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    for (const form of forms) assert.equal(bytes.indexOf(form), -1, entry.name);
  }
  assert.ok(files > 8);
});

test('a payload of megabytes is one record, and one that is beyond all bounds is refused by itself', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  await journal.append(anEvent(), [aBody('y'.repeat(5 << 20))]);
  await assert.rejects(journal.append(anEvent('command.failed', { note: 'z'.repeat(2 << 20) })), { code: 'record_failed', message: /too large/ });
  await journal.append(anEvent(), [aBody('')]);
  await journal.close();
  const report = await data.verify();
  assert.deepEqual([report.ok, report.writers[0]?.covered], [true, 2]);
});

test('more than may wait for the disk is refused with words, and later appends go on', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open({ pendingBytes: 10_000 });
  const results = await Promise.allSettled(Array.from({ length: 100 }, () => journal.append(anEvent(), [aBody('x'.repeat(1000))])));
  const refused = results.filter(({ status }) => status === 'rejected').length;
  assert.ok(refused > 0 && refused < 100);
  await journal.append(anEvent());
  await journal.close();
  assert.equal((await data.verify()).writers[0]?.covered, 100 - refused + 1);
});
