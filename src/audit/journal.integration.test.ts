import assert from 'node:assert/strict';
import { readdir, readFile, stat, copyFile, chmod, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { aBody, anEvent, dataFolder, leavesOf } from './testing.ts';

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
    const { openJournal } = await import('./open-journal.ts');
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
