import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { failingDisk, smallDisk } from '../../test/support/small-disk.ts';
import { isSallyportError } from '../core/error.ts';
import type { Journal } from './journal.ts';
import { openJournal } from './open-journal.ts';
import { readEvents } from './replay.ts';
import { aBody, anEvent, dataFolder } from './testing.ts';
import { verifyLog } from './verify.ts';

/** The keys lie elsewhere, so that what fails is the journal. */
async function openOn(t: TestContext, disk: string): Promise<{ readonly journal: Journal; readonly keysFolder: string }> {
  const keysFolder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  t.after(() => rm(keysFolder, { recursive: true }));
  return { journal: await openJournal({ folder: join(disk, 'journal'), keysFolder, writer: 'w1', checkpointEveryMs: 60_000 }), keysFolder };
}

const body = aBody('x'.repeat(20_000));

interface Outcome {
  readonly acknowledged: string[];
  readonly refused: { readonly id: string; readonly code: string | undefined }[];
}

async function appendSome(journal: Journal, count: number, outcome: Outcome): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const event = anEvent();
      try {
        await journal.append(event, [body]);
        outcome.acknowledged.push(event.id);
      } catch (error) {
        assert.ok(isSallyportError(error, 'record_failed'));
        outcome.refused.push({ id: event.id, code: (error.cause as NodeJS.ErrnoException | undefined)?.code });
      }
    }),
  );
}

async function assertNothingLost(folder: string, keysFolder: string, { acknowledged }: Outcome): Promise<void> {
  const ids: string[] = [];
  const gaps: string[] = [];
  for await (const { leaf } of readEvents({ folder, writer: 'w1' }))
    (leaf.kind === 'recorder.gap' ? gaps : ids).push(leaf.kind === 'recorder.gap' ? (leaf.note ?? '') : leaf.id);
  assert.deepEqual(
    acknowledged.filter((id) => !ids.includes(id)),
    [],
    'an acknowledged event is not there',
  );
  assert.ok(gaps.length > 0 && gaps.every((note) => /^\d+ events from .* were refused and are not recorded/.test(note)));
  assert.deepEqual((await verifyLog({ folder, publicKey: await readFile(join(keysFolder, 'checkpoint.pub'), 'utf8') })).problems, []);
}

test('a disk that really is full: appends are refused with ENOSPC, and go on by themselves, behind a gap, when there is room', async (t) => {
  const disk = await smallDisk(t, 4);
  const { journal, keysFolder } = await openOn(t, disk.path);
  const outcome: Outcome = { acknowledged: [], refused: [] };
  await appendSome(journal, 20, outcome);
  await disk.fill();
  for (let i = 0; i < 20; i += 1) await appendSome(journal, 4, outcome);
  assert.ok(outcome.refused.length > 0);
  assert.ok(outcome.refused.every(({ code }) => code === 'ENOSPC'));
  await disk.free();
  const before = outcome.refused.length;
  await appendSome(journal, 8, outcome);
  assert.equal(outcome.refused.length, before);
  await journal.close();
  await assertNothingLost(join(disk.path, 'journal'), keysFolder, outcome);
});

test('a device that really fails: what it did not take is refused with an I/O error, and recording goes on in a new segment when it works again', async (t) => {
  const disk = await failingDisk(t);
  const { journal, keysFolder } = await openOn(t, disk.path);
  const outcome: Outcome = { acknowledged: [], refused: [] };
  await appendSome(journal, 20, outcome);
  disk.break();
  for (let i = 0; i < 60 && outcome.refused.length === 0; i += 1) await appendSome(journal, 20, outcome);
  assert.ok(outcome.refused.length > 0, 'the device never failed');
  assert.ok(
    outcome.refused.every(({ code }) => code === 'EIO'),
    JSON.stringify(outcome.refused[0]),
  );
  disk.mend();
  const before = outcome.acknowledged.length;
  for (let i = 0; i < 20 && outcome.acknowledged.length === before; i += 1) await appendSome(journal, 4, outcome);
  assert.ok(outcome.acknowledged.length > before, 'it does not go on');
  await journal.close();
  await assertNothingLost(join(disk.path, 'journal'), keysFolder, outcome);
});

test('a folder on a read-only disk is an error that says so, before anything is recorded', async (t) => {
  const disk = await smallDisk(t, 4);
  const { journal, keysFolder } = await openOn(t, disk.path);
  await journal.append(anEvent());
  await journal.close();
  disk.readOnly();
  await assert.rejects(openJournal({ folder: join(disk.path, 'journal'), keysFolder, writer: 'w1' }), (error) => {
    assert.ok(isSallyportError(error, 'record_failed'));
    assert.match(`${error.message} ${error.hint}`, /cannot be written.*EROFS.*writable/);
    return true;
  });
});

test('a clock that is set back by an hour: events keep the order in which they were recorded, and the log verifies', async (t) => {
  const data = await dataFolder(t);
  let time = Date.parse('2026-11-21T12:00:00Z');
  const journal = await data.open({ now: () => new Date(time), checkpointEveryMs: 5, segmentBytes: 1 });
  const append = (): Promise<void> => journal.append({ ...anEvent(), time: new Date(time).toISOString() });
  for (let i = 0; i < 5; i += 1) await append();
  time -= 3_600_000;
  for (let i = 0; i < 5; i += 1) await append();
  await journal.close();
  const again = await data.open({ now: () => new Date(time - 3_600_000) });
  await again.append(anEvent());
  await again.close();
  const times: string[] = [];
  for await (const { leaf } of readEvents({ folder: data.journal, writer: 'w1' })) times.push(leaf.time);
  assert.deepEqual([times[0], times[4], times[5]], ['2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.000Z', '2026-11-21T11:00:00.000Z']);
  const report = await data.verify();
  assert.deepEqual([report.problems, report.writers[0]?.covered], [[], 11]);
});
