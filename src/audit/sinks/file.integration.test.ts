import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { failingDisk } from '../testing.ts';
import { testSink, type OtherSide } from './conformance.ts';
import { createFileSink } from './file.ts';
import { recorded, retried, shipTo } from './testing.ts';

async function outside(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-file-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** All files of a folder, the oldest first: those that were put aside have the time in their names. */
async function readAll(folder: string): Promise<string> {
  const names = (await readdir(folder)).toSorted((a, b) => Number(a === 'audit.jsonl') - Number(b === 'audit.jsonl') || (a < b ? -1 : 1));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('');
}

interface Line {
  readonly id?: string;
  readonly checkpoint?: string;
}

const linesOf = (text: string): readonly Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    // one that is no JSON fails the test
    .map((line) => JSON.parse(line) as Line);

async function start(t: TestContext): Promise<OtherSide> {
  const folder = await outside(t);
  let code: string | undefined;
  let clock = 0;
  const disk = failingDisk((operation) => (code === 'EIO' || operation === 'append' ? code : undefined));
  const sink = (): ReturnType<typeof createFileSink> =>
    createFileSink({ path: join(folder, 'audit.jsonl'), rotateBytes: 20_000 }, { now: () => Date.UTC(2026, 0, 1) + (clock += 1000), disk });
  return {
    ship: (journal, positions) => shipTo(sink(), journal, positions),
    arrived: async () => linesOf(await readAll(folder)).flatMap(({ id }) => (id === undefined ? [] : [id])),
    checkpoints: async () => linesOf(await readAll(folder)).flatMap(({ checkpoint }) => (checkpoint === undefined ? [] : [Number(checkpoint.split('\n')[1])])),
    raw: () => readAll(folder),
    begin: async (fault) => void (code = fault === 'cut' ? 'ENOSPC' : 'EIO'),
    mend: async () => void (code = undefined),
    secrets: [],
  };
}

testSink({ name: 'file', faults: ['error', 'cut'], start });

test('file: it is put aside by size, whole lines each, and nothing is overwritten', async (t) => {
  const [data, folder] = [await recorded(t), await outside(t)];
  const sink = (): ReturnType<typeof createFileSink> => createFileSink({ path: join(folder, 'audit.jsonl'), rotateBytes: 2000 }, { now: () => 0 });
  for (let round = 0; round < 4; round += 1) {
    await data.record(10);
    const sinks = await shipTo(sink(), data.log, join(data.path, 'sinks'));
    await sinks.caughtUp();
    await sinks.close();
    await data.record(1);
  }
  const names = (await readdir(folder)).toSorted();
  assert.ok(names.length > 2 && names.includes('audit.jsonl') && names.includes('audit-19700101T000000.000Z.jsonl'), names.join(' '));
  const ids = linesOf(await readAll(folder)).flatMap(({ id }) => (id === undefined ? [] : [id]));
  assert.deepEqual([ids.length, new Set(ids).size], [43, 43]);
});

test('file: half a line that a crash left goes, and its event comes again', async (t) => {
  const [data, folder] = [await recorded(t), await outside(t)];
  const path = join(folder, 'audit.jsonl');
  await data.record(2);
  const first = await shipTo(createFileSink({ path, rotateBytes: 1e9 }, { now: Date.now }), data.log, join(data.path, 'sinks'));
  await first.caughtUp();
  await first.close();
  await appendFile(path, '{"id":"01');
  await data.record(1);
  const second = await shipTo(createFileSink({ path, rotateBytes: 1e9 }, { now: Date.now }), data.log, join(data.path, 'sinks'));
  await second.caughtUp();
  await second.close();
  assert.equal(linesOf(await readFile(path, 'utf8')).filter(({ id }) => id !== undefined).length, 3);
});

test('file: one that logrotate moved away is begun anew', async (t) => {
  const [data, folder] = [await recorded(t), await outside(t)];
  const path = join(folder, 'audit.jsonl');
  const sinks = await shipTo(createFileSink({ path, rotateBytes: 1e9 }, { now: Date.now }), data.log, join(data.path, 'sinks'));
  await data.record(2);
  await sinks.caughtUp();
  await rename(path, `${path}.1`);
  await data.record(2);
  await sinks.caughtUp();
  await sinks.close();
  assert.equal(linesOf(await readFile(path, 'utf8')).filter(({ id }) => id !== undefined).length, 2);
});

test('file: a folder that is not there is not made, and the error says which file', async (t) => {
  const [data, folder] = [await recorded(t), await outside(t)];
  const path = join(folder, 'not-mounted/audit.jsonl');
  await data.record(1);
  const sinks = await shipTo(createFileSink({ path, rotateBytes: 1e9 }, { now: Date.now }), data.log, join(data.path, 'sinks'));
  await retried(sinks);
  assert.ok((await sinks.status())[0]?.lastError?.message.startsWith(`${path} cannot be written: ENOENT`));
  await sinks.close();
  assert.deepEqual(await readdir(folder), []);
});
