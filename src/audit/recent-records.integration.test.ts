import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { randomFrom } from '../../test/support/random.ts';
import { LogReader } from './log-reader.ts';
import { RecentRecords } from './recent-records.ts';
import type { Frame } from './frame.ts';
import { aBody, anEvent, dataFolder, type DataFolder } from './testing.ts';

type Told = readonly [index: number, offset: number, segment: string, frame: string];

async function allOf(data: DataFolder): Promise<readonly Told[]> {
  const reader = new LogReader(data.journal, 'w1', 0);
  const told = await readAll(reader);
  await reader.close();
  return told;
}

async function readSome(reader: LogReader, limit?: number): Promise<readonly Told[]> {
  const frames = await reader.read(limit);
  return frames.map(({ index, offset, bytes }): Told => [index, offset, reader.segment, bytes.toString('latin1')]);
}

async function readAll(reader: LogReader, limit?: number): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let some = await readSome(reader, limit); some.length > 0; some = await readSome(reader, limit)) told.push(...some);
  return told;
}

/** A log of several segments, with commits of one record and of many. */
async function aLog(data: DataFolder): Promise<void> {
  const journal = await data.open({ segmentBytes: 30_000 });
  for (let commit = 0; commit < 60; commit += 1) {
    await Promise.all(Array.from({ length: commit % 5 === 0 ? 9 : 1 }, (_, at) => journal.append(anEvent(), [aBody('x'.repeat(at * 150))])));
  }
  await journal.close();
}

interface Commit {
  readonly frames: readonly Frame[];
  readonly path: string;
}

async function commitsOf(data: DataFolder): Promise<readonly Commit[]> {
  const reader = new LogReader(data.journal, 'w1', 0);
  const commits: { frames: Frame[]; path: string }[] = [];
  for (let frames = await reader.read(); frames.length > 0; frames = await reader.read()) {
    for (const frame of frames) {
      if (frame.startsCommit) commits.push({ frames: [], path: reader.segment });
      commits.at(-1)?.frames.push(frame);
    }
  }
  await reader.close();
  return commits;
}

function add(recent: RecentRecords, { frames, path }: Commit): number {
  const first = frames[0]?.index ?? 0;
  const segment = { path, sequence: Number.parseInt(path.slice(-16), 10) };
  recent.add({ first, records: frames.length, segment, offset: frames[0]?.offset ?? 0 }, Buffer.concat(frames.map(({ bytes }) => bytes)));
  return first + frames.length;
}

for (const [name, pieceBytes] of [
  ['large', 1 << 20],
  ['a few commits long', 12_000],
  ['shorter than some commits', 4_000],
] as const) {
  test(`a follower is told the same of the same places, whether it reads the files or what is kept in memory: ${name}`, async (t) => {
    const data = await dataFolder(t);
    await aLog(data);
    const expected = await allOf(data);
    assert.ok(new Set(expected.map(([, , segment]) => segment)).size > 2);
    for (let seed = 1; seed <= 8; seed += 1) {
      const random = randomFrom(seed);
      const recent = new RecentRecords(pieceBytes);
      const followers = [0, 0, 17].map((from) => ({ from, reader: new LogReader(data.journal, 'w1', from, recent), told: [] as Told[] }));
      let position = 0;
      for (const commit of await commitsOf(data)) {
        position = add(recent, commit);
        // One is close behind, the others look now and then.
        for (const [at, { reader, told }] of followers.entries()) if (random(1 + at * 8) === 0) told.push(...(await readSome(reader, position)));
      }
      for (const { reader, told, from } of followers) {
        told.push(...(await readAll(reader, position)));
        await reader.close();
        assert.deepEqual(told, expected.slice(from), `seed ${seed}`);
      }
    }
  });
}

test('a follower that is close behind reads no file, and one that begins later does', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  const close = new LogReader(data.journal, 'w1', 0, journal.recent);
  await journal.append(anEvent('command.forwarded', { note: 'first' }), [aBody('{"a":1}')]);
  await rename(join(data.journal, 'w1'), join(data.journal, 'away'));
  const inMemory = await readAll(close, journal.position);
  await rename(join(data.journal, 'away'), join(data.journal, 'w1'));
  await journal.append(anEvent());
  await journal.close();
  const inFiles = await allOf(data);
  const late = new LogReader(data.journal, 'w1', 0, new RecentRecords());
  assert.deepEqual(inMemory, inFiles.slice(0, 1));
  assert.deepEqual(await readAll(late), inFiles);
  await late.close();
});

test('what was read from memory stays as it was, however often that is used again; the oldest is forgotten, and what is too long is never kept', async (t) => {
  const data = await dataFolder(t);
  await aLog(data);
  const commits = await commitsOf(data);
  const recent = new RecentRecords(4_000);
  const small = commits.filter(({ frames }) => frames.length === 1);
  const long = commits.find(({ frames }) => frames.length > 1);
  const [first] = small;
  assert.ok(first && long && small.length > 20);
  add(recent, first);
  const taken = recent.read(0);
  const end = small.slice(1).reduce((_, commit) => add(recent, commit), 0);
  assert.equal(Buffer.compare(taken?.frames[0]?.bytes ?? Buffer.alloc(0), first.frames[0]?.bytes ?? Buffer.alloc(1)), 0);
  assert.deepEqual([recent.read(0), recent.read(end)], [undefined, undefined]);
  assert.equal(recent.read(end - 1)?.frames[0]?.index, end - 1);
  assert.equal(recent.read(add(recent, long) - 1), undefined);
});
