/** What a verifier who knows the witnesses finds in a log, and what it does not hold against it. */
import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startWitness, type TestWitness } from '../../test/support/witness.ts';
import { openStorage } from '../storage/storage.ts';
import type { WitnessDemand } from './cosigned.ts';
import { startIndex } from './index-sink.ts';
import type { Journal } from './journal.ts';
import { openJournal } from './open-journal.ts';
import { anEvent, dataFolder, type DataFolder } from './testing.ts';
import { verifyDatabase } from './verify-database.ts';
import { verifyLog, type VerifyReport } from './verify.ts';
import { parseWitnessKey } from './witness-key.ts';
import { startWitnesses } from './witness.ts';

const HOUR = 3_600_000;

interface Witnessed {
  readonly data: DataFolder;
  readonly journal: Journal;
  readonly witnesses: readonly TestWitness[];
  record(count: number, hoursAgo?: number): Promise<void>;
  cosign(by?: readonly TestWitness[]): Promise<void>;
  verify(demand?: Partial<WitnessDemand>, folder?: string): Promise<VerifyReport>;
}

async function witnessed(t: TestContext, count = 1): Promise<Witnessed> {
  const data = await dataFolder(t);
  const journal = await data.open();
  t.after(() => journal.close().catch(() => {}));
  const witnesses = await Promise.all(Array.from({ length: count }, async (_, at) => startWitness(await data.publicKey(), `witness${at}.example`)));
  t.after(() => Promise.all(witnesses.map((witness) => witness.close())));
  return {
    data,
    journal,
    witnesses,
    async record(events, hoursAgo = 0) {
      for (let i = 0; i < events; i += 1) await journal.append({ ...anEvent(), time: new Date(Date.now() - hoursAgo * HOUR).toISOString() });
      await journal.checkpoint();
    },
    async cosign(by = witnesses) {
      const shown = startWitnesses({ journal, witnesses: by, everyMs: HOUR });
      await shown.cosign();
      await shown.close();
    },
    async verify(demand = {}, folder = data.journal) {
      const keys = witnesses.map(({ key }) => parseWitnessKey(key));
      return verifyLog({ folder, publicKey: await data.publicKey(), witnesses: { keys, quorum: keys.length, withinMs: HOUR, ...demand } });
    },
  };
}

const found = ({ problems }: VerifyReport) => problems.map(({ kind, index }) => [kind, index]);

test('what witnesses cosigned is said, and the newest moments may still be open', async (t) => {
  const { record, cosign, verify } = await witnessed(t);
  await record(5, 8);
  await cosign();
  await record(3);
  const report = await verify();
  assert.deepEqual(report.problems, []);
  assert.deepEqual(report.writers[0]?.cosigned, { size: 5, witnesses: [{ name: 'witness0.example', size: 5 }] });
  await cosign();
  assert.equal((await verify({ withinMs: 0 })).writers[0]?.cosigned?.size, 8);
});

test('events that are open for longer than they may be are found, and so is a log that no witness ever saw', async (t) => {
  const { record, cosign, verify, data } = await witnessed(t);
  await record(2, 9);
  assert.deepEqual(found(await verify()), [['not-cosigned', 0]]);
  await cosign();
  await record(3, 8);
  assert.deepEqual((await verify()).problems, [], 'all of them are of one moment');
  await record(1);
  const report = await verify();
  assert.deepEqual(found(report), [['not-cosigned', 2]]);
  assert.match(report.problems[0]?.message ?? '', /missing: witness0\.example/);
  await cosign();
  assert.deepEqual(found(await verify()), []);
  await rm(join(data.journal, 'w1', 'cosigned'));
  assert.deepEqual(found(await verify()), [['not-cosigned', 0]]);
});

test('as many witnesses as are demanded have to have cosigned', async (t) => {
  const { record, cosign, verify, witnesses } = await witnessed(t, 3);
  await record(4, 8);
  await cosign(witnesses.slice(0, 2));
  await record(1);
  assert.deepEqual(found(await verify()), [['not-cosigned', 0]]);
  assert.deepEqual(found(await verify({ quorum: 2 })), []);
  assert.equal((await verify({ quorum: 2 })).writers[0]?.cosigned?.size, 4);
});

test('another key under the same name cosigned nothing, and a cosignature that was changed is named', async (t) => {
  const { record, cosign, verify, data } = await witnessed(t);
  await record(4);
  await cosign();
  const stranger = await startWitness(await data.publicKey(), 'witness0.example');
  t.after(() => stranger.close());
  assert.deepEqual(found(await verify({ keys: [parseWitnessKey(stranger.key)] })), [['not-cosigned', 0]]);
  const path = join(data.journal, 'w1', 'cosigned');
  const text = await readFile(path, 'utf8');
  const at = text.lastIndexOf('=') - 20;
  await writeFile(path, `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`);
  const report = await verify();
  assert.deepEqual(found(report), [
    ['bad-signature', 4],
    ['not-cosigned', 0],
  ]);
  assert.match(report.problems[0]?.message ?? '', /^the cosignature of witness0\.example on the checkpoint at character 0 of .*cosigned is not right$/);
});

test('a cosignature on what the log itself did not sign counts for nothing', async (t) => {
  const { record, cosign, verify, data } = await witnessed(t);
  await record(4);
  await cosign();
  const path = join(data.journal, 'w1', 'cosigned');
  const [head = '', signatures = ''] = (await readFile(path, 'utf8')).split('\n\n');
  await writeFile(path, `${head}\n\n${signatures.split('\n').at(-1)}\n\n`);
  assert.deepEqual(found(await verify()), [
    ['bad-signature', 4],
    ['not-cosigned', 0],
  ]);
});

test('a rollback, and a fork that the log itself signed, contradict what a witness cosigned', async (t) => {
  const { data, journal, record, cosign, verify } = await witnessed(t);
  await record(3);
  const older = join(data.path, 'older');
  await cp(data.journal, older, { recursive: true });
  await record(4);
  await cosign();
  await cp(join(data.journal, 'w1', 'cosigned'), join(older, 'w1', 'cosigned'));
  await journal.close();
  await rm(join(older, 'lock'));
  assert.deepEqual(found(await verify({}, older)), [['truncated', 3]]);

  const forked = await openJournal({ folder: older, keysFolder: data.keys, writer: 'w1' });
  for (let i = 0; i < 9; i += 1) {
    await forked.append(anEvent());
    await forked.checkpoint();
  }
  await forked.close();
  assert.equal((await verifyLog({ folder: older, publicKey: await data.publicKey() })).ok, true, 'by itself it is whole');
  assert.deepEqual(found(await verify({}, older)), [['fork', 7]]);
});

test('the copy in a database is compared with cosigned checkpoints that were kept', async (t) => {
  const { data, journal, record, cosign, witnesses } = await witnessed(t);
  const storage = await openStorage({ url: join(data.path, 'index.db') });
  t.after(() => storage.close());
  const index = startIndex({ journal, storage, gatherMs: 1 });
  await record(4);
  await cosign();
  const kept = await readFile(join(data.journal, 'w1', 'cosigned'), 'utf8');
  await index.caughtUp();
  const verify = async (checkpoints: readonly string[]) =>
    verifyDatabase({
      storage,
      publicKey: await data.publicKey(),
      checkpoints,
      witnesses: { keys: [parseWitnessKey(witnesses[0]?.key ?? '')], quorum: 1, withinMs: HOUR },
    });
  const report = await verify([kept]);
  assert.deepEqual([report.problems, report.writers[0]?.cosigned?.size], [[], 4]);
  assert.deepEqual(found(await verify([])), [['not-cosigned', 0]]);
  await index.close();
});
