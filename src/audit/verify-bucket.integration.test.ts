import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startS3 } from '../../test/support/s3.ts';
import { openBucketStore } from './bucket-store.ts';
import { S3_DEPS, s3Settings, shipToS3 } from '../../test/support/s3-sink.ts';
import { aBody, anEvent, dataFolder } from './testing.ts';
import { folderStore, verifyBucket, type ObjectStore } from './verify-bucket.ts';

const PREFIX = 'sallyport/';

/** A log of 40 events that was shipped to a real S3-compatible server, and the public key. */
async function shipped(t: TestContext): Promise<{ readonly store: ObjectStore; readonly publicKey: string }> {
  const data = await dataFolder(t);
  const server = await startS3();
  t.after(() => server.close());
  const settings = s3Settings(server.port, { timeoutMs: 20_000 });
  const journal = await data.open();
  for (let i = 0; i < 40; i += 1) {
    await journal.append(anEvent(), [aBody('x'.repeat(300))]);
    if (i % 9 === 8) await journal.checkpoint();
  }
  await journal.checkpoint();
  const sinks = await shipToS3(settings, journal, data.path);
  await sinks.caughtUp();
  await sinks.close();
  await journal.close();
  const store = openBucketStore({ settings, prefix: PREFIX, deps: S3_DEPS });
  t.after(() => store.close());
  return { store, publicKey: await data.publicKey() };
}

test('the copy in a bucket verifies, over the network and downloaded; what is changed, gone or put there is named', async (t) => {
  const { store, publicKey } = await shipped(t);
  const live = await verifyBucket({ store, prefix: PREFIX, publicKey });
  assert.deepEqual([live.problems, live.writers[0]?.events, live.writers[0]?.covered], [[], 40, 40]);
  assert.ok((live.writers[0]?.segments ?? 0) > 2);

  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bucket-'));
  t.after(() => rm(folder, { recursive: true }));

  for await (const key of store.list()) {
    const path = join(folder, key.slice(PREFIX.length));
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, await store.read(key));
  }
  const verify = async () => verifyBucket({ store: folderStore(folder), prefix: '', publicKey });
  assert.deepEqual((await verify()).problems, []);

  const records = join(folder, 'w1', 'records');
  const names = (await readdir(records)).toSorted();
  const second = join(records, names[1] ?? '');
  const first = Number(names[1]?.slice(0, 16));
  const bytes = await readFile(second);
  const edited = Buffer.from(bytes);
  // In the middle of a random id, whose letter may be any.
  edited[100] = (edited[100] ?? 0) ^ 1;
  await writeFile(second, edited);
  assert.deepEqual(
    (await verify()).problems.map(({ kind, index }) => [kind, index]),
    [['edited', first]],
  );
  await writeFile(second, bytes.subarray(0, bytes.length - 10));
  assert.equal((await verify()).problems[0]?.kind, 'edited');
  await unlink(second);
  const [gone] = (await verify()).problems;
  assert.equal(gone?.kind, 'segment-missing');
  assert.ok(gone.index <= first);
  await writeFile(second, bytes);
  await unlink(join(records, names.at(-1) ?? ''));
  assert.equal((await verify()).problems[0]?.kind, 'truncated');
});
