import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startWitness } from '../../test/support/witness.ts';
import { openJournal } from './open-journal.ts';
import { anEvent, dataFolder } from './testing.ts';
import { verifyLog } from './verify.ts';
import { parseWitnessKey } from './witness-key.ts';
import { startWitnesses } from './witness.ts';

test('a witness cosigns what continues what it saw, over restarts of the gateway and segments, and its cosignatures are kept', async (t) => {
  const data = await dataFolder(t);
  let journal = await data.open({ segmentBytes: 2000 });
  const witness = await startWitness(await data.publicKey());
  t.after(() => witness.close());
  let shown = startWitnesses({ journal, witnesses: [witness], everyMs: 3_600_000 });
  let events = 0;
  for (const more of [1, 2, 5, 13, 1, 30]) {
    for (let i = 0; i < more; i += 1) await journal.append(anEvent());
    events += more;
    await journal.checkpoint();
    await shown.cosign();
    assert.equal(witness.seen.get(journal.origin)?.size, events);
    const demand = { keys: [parseWitnessKey(witness.key)], quorum: 1, withinMs: 0 };
    const { problems, writers } = await verifyLog({ folder: data.journal, publicKey: await data.publicKey(), witnesses: demand });
    assert.deepEqual([problems, writers[0]?.cosigned], [[], { size: events, witnesses: [{ name: 'witness.example', size: events }] }]);
    await shown.close();
    await journal.close();
    journal = await data.open({ segmentBytes: 2000 });
    shown = startWitnesses({ journal, witnesses: [witness], everyMs: 3_600_000 });
  }
  await shown.close();
  await journal.close();
  assert.deepEqual((await data.verify()).problems, []);
});

test('a log that was rolled back, or forked, gets no cosignature, and it is said why', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  const witness = await startWitness(await data.publicKey());
  t.after(() => witness.close());
  for (let i = 0; i < 3; i += 1) await journal.append(anEvent());
  await journal.checkpoint();
  const older = join(data.path, 'older');
  await cp(data.journal, older, { recursive: true });
  for (let i = 0; i < 4; i += 1) await journal.append(anEvent());
  await journal.checkpoint();
  await startWitnesses({ journal, witnesses: [witness] }).cosign();
  await journal.close();

  await rm(join(older, 'lock'));
  const forked = await openJournal({ folder: older, keysFolder: data.keys, writer: 'w1' });
  const shown = startWitnesses({ journal: forked, witnesses: [witness] });
  await assert.rejects(shown.cosign(), { code: 'verify_failed', message: /saw 7 events of this log, which now has 3: it was rolled back/ });
  for (let i = 0; i < 10; i += 1) await forked.append(anEvent());
  await forked.checkpoint();
  await assert.rejects(shown.cosign(), { code: 'upstream_unreachable', message: /status 422/ });
  await shown.close();
  await forked.close();
});

test('a witness that is away, or answers with another key, is an error that holds up nothing', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  const [witness, other] = [await startWitness(await data.publicKey()), await startWitness(await data.publicKey())];
  t.after(() => Promise.all([witness.close(), other.close()]));
  await journal.append(anEvent());
  await journal.checkpoint();
  await assert.rejects(startWitnesses({ journal, witnesses: [{ url: 'http://127.0.0.1:1', key: witness.key }] }).cosign(), { code: 'upstream_unreachable' });
  await assert.rejects(startWitnesses({ journal, witnesses: [{ url: other.url, key: witness.key }] }).cosign(), /no cosignature by its key/);
  assert.throws(() => startWitnesses({ journal, witnesses: [{ url: other.url, key: 'x' }] }), { code: 'config_invalid' });
  await journal.append(anEvent());
  await journal.close();
});
