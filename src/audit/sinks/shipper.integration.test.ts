import assert from 'node:assert/strict';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SallyportError } from '../../core/error.ts';
import { localDisk } from '../disk.ts';
import { writeHashes } from '../hash-file.ts';
import { listSegments } from '../segment.ts';
import { journalLogs } from './logs.ts';
import { PositionFile } from './position-file.ts';
import { shippedUpTo } from './shipping.ts';
import { SENT } from './sink.ts';
import { startSinks, type Sinks, type SinksOptions } from './sinks.ts';
import { memorySink, recorded, recordInto, type MemorySink, type Recorded } from './testing.ts';

const QUICK = { firstMs: 1, longestMs: 4 };

function start(data: Recorded, sink: MemorySink, options: Partial<SinksOptions> = {}): Promise<Sinks> {
  const logs = journalLogs({ journal: data.log, restedMs: 0 });
  return startSinks({ folder: join(data.path, 'sinks'), logs, sinks: [{ name: 'a', sink }], backOff: QUICK, ...options });
}

const indexes = (sink: MemorySink): readonly number[] => sink.batches.flatMap(({ records }) => records.map(({ index }) => index));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

test('records arrive in order and once, over segments and a restart', async (t) => {
  const data = await recorded(t);
  const sink = memorySink();
  await data.record(60);
  const first = await start(data, sink);
  await first.caughtUp();
  await first.close();
  await data.record(25);
  const second = await start(data, sink);
  await second.caughtUp();
  await second.close();
  assert.deepEqual(indexes(sink), upTo(85));
  assert.ok((await listSegments(join(data.journal, 'w1'))).length > 1);
});

test('a record arrives with the bytes of its leaf and of its whole frame', async (t) => {
  const data = await recorded(t);
  const sink = memorySink();
  await data.record(3);
  const sinks = await start(data, sink);
  await sinks.caughtUp();
  await sinks.close();
  const [segment] = await listSegments(join(data.journal, 'w1'));
  const stored = (await readFile(segment?.path ?? '')).subarray(segment?.body);
  assert.deepEqual(Buffer.concat(sink.batches.flatMap(({ records }) => records.map(({ frame }) => frame))), stored);
  assert.equal(sink.batches[0]?.records[0]?.leaf.index, 0);
  assert.match(String(sink.batches[0]?.records[0]?.leafBytes), /"writer":"w1"}$/);
});

test('a batch that fails is sent again, with growing pauses, and what follows waits for it', async (t) => {
  const data = await recorded(t);
  const tried: number[] = [];
  const sink = memorySink({
    send: async (batch) => {
      tried.push(batch.first);
      if (tried.length < 5) throw new SallyportError('upstream_unreachable', 'nobody is there', { hint: 'start it' });
      sink.batches.push(batch);
      return SENT;
    },
  });
  await data.record(12);
  const told: string[] = [];
  const sinks = await start(data, sink, { report: (name, error) => told.push(`${name}: ${(error as Error).message}`) });
  await sinks.caughtUp();
  assert.deepEqual(tried.slice(0, 5), [0, 0, 0, 0, 0]);
  assert.deepEqual(indexes(sink), upTo(12));
  assert.deepEqual(told, Array(4).fill('a: nobody is there'));
  const [status] = await sinks.status();
  assert.deepEqual([status?.retries, status?.shipped, status?.lastError?.message, status?.lastError?.hint], [4, 12, 'nobody is there', 'start it']);
  await sinks.close();
});

test('what is durable is behind what is shipped, never ahead, and nothing may be deleted that a sink still needs', async (t) => {
  const data = await recorded(t);
  const down = memorySink({ send: () => Promise.reject(new SallyportError('upstream_unreachable', 'down')) });
  const up = memorySink();
  await data.record(40);
  const logs = journalLogs({ journal: data.log });
  const sinks = await startSinks({
    folder: join(data.path, 'sinks'),
    logs,
    sinks: [
      { name: 'up', sink: up },
      { name: 'down', sink: down },
    ],
    backOff: QUICK,
  });
  while (indexes(up).length < 40) await new Promise(setImmediate);
  assert.equal(sinks.shippedUpTo('w1'), 0);
  const status = await sinks.status();
  assert.deepEqual(
    status.map(({ name, lagEvents }) => [name, lagEvents]),
    [
      ['up', 0],
      ['down', 40],
    ],
  );
  await sinks.close();
  assert.equal((await PositionFile.open(join(data.path, 'sinks/up.json'))).durable('w1').next, 40);
  assert.equal(shippedUpTo([], 'w1'), 0);
});

test('the log of a writer that is no more is shipped to its end, torn or signed', async (t) => {
  const data = await recorded(t);
  await data.record(5);
  await data.log.close();
  const other = await data.open({ writer: 'w2' });
  t.after(() => other.close().catch(() => {}));
  await recordInto(other, 4);
  const sink = memorySink();
  const sinks = await start({ ...data, log: other }, sink);
  await sinks.caughtUp();
  assert.deepEqual(sink.batches.flatMap(({ writer, records }) => records.map(({ index }) => `${writer}:${index}`)).toSorted(), [
    'w1:0',
    'w1:1',
    'w1:2',
    'w1:3',
    'w1:4',
    'w2:0',
    'w2:1',
    'w2:2',
    'w2:3',
  ]);
  assert.deepEqual(
    (await sinks.status())[0]?.writers.map(({ writer, position, end }) => [writer, position, end]),
    [
      ['w1', 5, 5],
      ['w2', 4, 4],
    ],
  );
  await sinks.close();
});

test("of another writer's log that may be live only what was signed is shipped", async (t) => {
  const data = await recorded(t);
  await data.record(5);
  await data.log.checkpoint();
  await data.record(2);
  const [segment] = await listSegments(join(data.journal, 'w1'));
  await utimes(segment?.path ?? '', new Date(), new Date());
  const journal = { folder: data.journal, writer: 'w2', position: 0, watch: () => () => {} };
  assert.equal(await journalLogs({ journal }).end('w1'), 5);
  assert.equal(await journalLogs({ journal, restedMs: 0 }).end('w1'), 7);
});

test('checkpoints follow the records that they cover, each once', async (t) => {
  const data = await recorded(t);
  const sink = memorySink();
  const sinks = await start(data, sink);
  for (const size of [3, 7, 30]) {
    await data.record(size - data.log.position);
    await data.log.checkpoint();
  }
  await sinks.caughtUp();
  await sinks.close();
  const again = await start(data, sink);
  await again.close();
  const known: number[] = [];
  for (const { next, checkpoints } of sink.batches) {
    assert.ok(checkpoints.every(({ size }) => size <= next));
    known.push(...checkpoints.map(({ size }) => size));
  }
  assert.ok([3, 7, 30].every((size) => known.includes(size)));
  assert.deepEqual(
    known,
    [...new Set(known)].toSorted((a, b) => a - b),
  );
  const stored = await readFile(join(data.journal, 'w1/checkpoints'), 'utf8');
  for (const { note } of sink.batches.flatMap(({ checkpoints }) => checkpoints)) assert.ok(stored.includes(`${note}\n`));
});

test('a batch with fixed bounds is the same after a crash, however much was recorded since', async (t) => {
  const data = await recorded(t);
  const down = memorySink({ bounds: 'fixed', send: () => Promise.reject(new SallyportError('upstream_unreachable', 'down')) });
  await data.record(4);
  const crashed = await start(data, down);
  await crashed.close();
  await data.record(20);
  const sink = memorySink({ bounds: 'fixed' });
  const sinks = await start(data, sink);
  await sinks.caughtUp();
  await sinks.close();
  assert.deepEqual([sink.batches[0]?.first, sink.batches[0]?.next], [0, 4]);
  assert.deepEqual(indexes(sink), upTo(24));
});

test('records that retention deleted before a sink was added are counted as missed, and the rest arrives', async (t) => {
  const data = await recorded(t);
  await data.record(60);
  const [oldest, second] = await listSegments(join(data.journal, 'w1'));
  await rm(oldest?.path ?? '');
  const begin = second?.header?.tree.size ?? 0;
  const sink = memorySink();
  const sinks = await start(data, sink);
  await sinks.caughtUp();
  assert.deepEqual(indexes(sink), upTo(60).slice(begin));
  assert.equal((await sinks.status())[0]?.missed, begin);
  await sinks.close();
});

test('a log of which only the hashes are left holds nothing up', async (t) => {
  const data = await recorded(t);
  await data.record(60);
  await data.log.close();
  const other = await data.open({ writer: 'w2' });
  t.after(() => other.close().catch(() => {}));
  const segments = await listSegments(join(data.journal, 'w1'));
  for (const [i, segment] of segments.entries()) {
    assert.ok(segment.header);
    await writeHashes({ ...segment, header: segment.header }, segments[i + 1]?.header?.tree.size ?? 60, localDisk);
    await rm(segment.path);
  }
  const sink = memorySink();
  const sinks = await start({ ...data, log: other }, sink);
  await sinks.caughtUp();
  const [status] = await sinks.status();
  assert.deepEqual([indexes(sink), status?.missed, status?.lagEvents, status?.writers[0]], [[], 60, 0, { writer: 'w1', position: 60, end: 60 }]);
  await sinks.close();
});

test('records that the other side refuses for good are counted, told, and hold nothing up', async (t) => {
  const data = await recorded(t);
  await data.record(3);
  const sink = memorySink();
  sink.answer = () => ({ outcome: 'rejected', records: 1, reason: 'too large' });
  const sinks = await start(data, sink);
  await sinks.caughtUp();
  const [status] = await sinks.status();
  assert.deepEqual([status?.lagEvents, status?.lastError?.message], [0, `${status?.rejected} records were refused for good: too large`]);
  assert.ok((status?.rejected ?? 0) > 0);
  await sinks.close();
});

test('while positions cannot be written everything arrives all the same, and no segment may go', async (t) => {
  const data = await recorded(t);
  await data.record(25);
  const inTheWay = join(data.path, 'sinks/a.json.new');
  await mkdir(inTheWay, { recursive: true });
  const sink = memorySink();
  const sinks = await start(data, sink);
  await sinks.caughtUp();
  assert.deepEqual(indexes(sink), upTo(25));
  assert.equal(sinks.shippedUpTo('w1'), 0);
  await rm(inTheWay, { recursive: true });
  await sinks.close();
  assert.match((await sinks.status())[0]?.lastError?.message ?? '', /EISDIR/);
  assert.equal(sinks.shippedUpTo('w1'), 25);
});

test('positions that cannot be read are an error that names the file, and not a new beginning', async (t) => {
  const data = await recorded(t);
  const first = await start(data, memorySink());
  await data.record(1);
  await first.caughtUp();
  await first.close();
  const path = join(data.path, 'sinks/a.json');
  await writeFile(path, '{"w1":{"next":-1}}');
  await assert.rejects(start(data, memorySink()), (error: Error) => error.message.includes(path));
});
