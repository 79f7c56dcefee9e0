import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { explainError, isSallyportError } from '../core/error.ts';
import { anEvent, aBody, dataFolder, failingDisk, leavesOf, type DiskOperation } from './testing.ts';

const faults: readonly {
  readonly name: string;
  readonly code: string;
  readonly operation: DiskOperation;
  readonly file: RegExp;
  readonly also?: DiskOperation;
}[] = [
  { name: 'a full disk', code: 'ENOSPC', operation: 'append', file: /segment$/ },
  { name: 'a full disk that cannot be cut either', code: 'ENOSPC', operation: 'append', file: /segment$/, also: 'truncate' },
  { name: 'a write that the device loses', code: 'EIO', operation: 'sync', file: /segment$/ },
  { name: 'a device that loses writes and cannot cut', code: 'EIO', operation: 'sync', file: /segment$/, also: 'truncate' },
  { name: 'a key file that cannot be written', code: 'ENOSPC', operation: 'append', file: /keys$/ },
  { name: 'a folder that takes no new file', code: 'EROFS', operation: 'create', file: /segment$/ },
];

for (const { name, code, operation, file, also } of faults) {
  test(`${name}: appends are refused, then recording goes on by itself behind a gap that says so`, async (t) => {
    const data = await dataFolder(t);
    let broken = false;
    const disk = failingDisk((each, path) => (broken && (each === also || (each === operation && file.test(path))) ? code : undefined));
    // Every commit begins a segment, so that creating one is on the way too.
    const reported: unknown[] = [];
    const hear = (error: unknown): void => void reported.push(error);
    const journal = await data.open({ disk, report: hear, ...(operation === 'create' ? { segmentBytes: 1 } : {}) });
    const acknowledged: string[] = [];
    const refused: string[] = [];
    const append = async (session: string): Promise<void> => {
      const event = anEvent('command.forwarded', { session });
      await journal.append(event, [aBody('{}')]).then(
        () => acknowledged.push(event.id),
        (error: unknown) => {
          assert.ok(isSallyportError(error, 'record_failed'));
          assert.equal((error.cause as NodeJS.ErrnoException).code, code);
          refused.push(event.id);
        },
      );
    };
    for (let i = 0; i < 5; i += 1) await append('before');
    broken = true;
    await Promise.all(Array.from({ length: 8 }, () => append('during')));
    for (let i = 0; i < 3; i += 1) await append('during');
    assert.equal(refused.length, 11);
    assert.match(explainError(reported[0]), new RegExp(code), 'the operator hears the cause');
    broken = false;
    for (let i = 0; i < 5; i += 1) await append('after');
    await journal.close();

    assert.equal(acknowledged.length, 10);
    const leaves = await leavesOf(data);
    const kept = leaves.filter(({ kind }) => kind !== 'recorder.gap').map(({ id }) => id);
    assert.deepEqual(kept, acknowledged, 'exactly what was acknowledged counts');
    const gaps = leaves.filter(({ kind }) => kind === 'recorder.gap');
    assert.equal(gaps.length, 1);
    assert.match(gaps[0]?.note ?? '', new RegExp(`^11 events from .* the first ${refused[0]}: ${code}`));
    const report = await data.verify();
    assert.deepEqual(report.problems, []);
    assert.equal(report.writers[0]?.covered, 11);

    const again = await data.open();
    assert.equal(again.position, 11);
    await again.append(anEvent());
    await again.close();
    assert.equal((await data.verify()).ok, true);
  });
}

test('a gap is recorded even when nobody appends after it', async (t) => {
  const data = await dataFolder(t);
  let broken = false;
  const journal = await data.open({ disk: failingDisk((operation) => (broken && operation === 'sync' ? 'EIO' : undefined)) });
  await journal.append(anEvent());
  broken = true;
  await assert.rejects(journal.append(anEvent()));
  broken = false;
  await journal.close();
  assert.deepEqual(
    (await leavesOf(data)).map(({ kind }) => kind),
    ['command.forwarded', 'recorder.gap'],
  );
});

test('a checkpoint that cannot be written holds nothing up, is not half there afterwards, and is made later', async (t) => {
  const data = await dataFolder(t);
  let broken = true;
  const journal = await data.open({
    disk: failingDisk((operation, path) => (broken && operation === 'append' && path.endsWith('checkpoints') ? 'ENOSPC' : undefined)),
  });
  await journal.append(anEvent());
  await assert.rejects(journal.checkpoint());
  await journal.append(anEvent());
  const during = await data.verify();
  assert.deepEqual([during.ok, during.writers[0]?.covered, during.writers[0]?.notYetCovered], [true, 0, 2]);
  broken = false;
  await journal.checkpoint();
  await journal.close();
  const report = await data.verify();
  assert.deepEqual([report.ok, report.writers[0]?.covered, report.writers[0]?.checkpoints], [true, 2, 1]);
});

test('a segment is never begun before what lies behind it is signed', async (t) => {
  const data = await dataFolder(t);
  let broken = false;
  const disk = failingDisk((operation, path) => (broken && operation === 'append' && path === join(data.journal, 'w1', 'checkpoints') ? 'ENOSPC' : undefined));
  const journal = await data.open({ disk, segmentBytes: 1 });
  await journal.append(anEvent());
  broken = true;
  await assert.rejects(journal.append(anEvent()), { code: 'record_failed' });
  broken = false;
  await journal.append(anEvent());
  await journal.close();
  assert.deepEqual(
    (await leavesOf(data)).map(({ kind }) => kind),
    ['command.forwarded', 'recorder.gap', 'command.forwarded'],
  );
  assert.equal((await data.verify()).ok, true);
});
