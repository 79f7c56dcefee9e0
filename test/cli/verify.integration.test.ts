/** `sallyport audit verify` where the copy is in a bucket, and with witnesses: with the public key, and nothing of the gateway. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Bucket } from '../../src/audit/sinks/s3-client.ts';
import type { S3Settings } from '../../src/audit/sinks/s3.ts';
import { S3_DEPS, s3Settings, shipToS3 } from '../support/s3-sink.ts';
import { aBody, anEvent, dataFolder, type DataFolder } from '../../src/audit/testing.ts';
import { startWitnesses } from '../../src/audit/witness.ts';
import { S3_ACCESS_KEY, S3_BUCKET, S3_SECRET_KEY, startS3, type S3Server } from '../support/s3.ts';
import { startWitness } from '../support/witness.ts';
import { ROOT } from './demo-gateway.ts';
import { parseScript, runStep, type Outcome } from './script.ts';

const AWS = { AWS_ACCESS_KEY_ID: S3_ACCESS_KEY, AWS_SECRET_ACCESS_KEY: S3_SECRET_KEY };

const settingsOf = ({ port }: S3Server): S3Settings => s3Settings(port, { prefix: 'acme/audit/', timeoutMs: 20_000 });

/** Runs one command in a folder that holds `checkpoint.pub` alone. */
async function shell(t: TestContext, publicKey: string) {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'checkpoint.pub'), publicKey);
  return async (words: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> => {
    const [step] = parseScript(`$ '${join(ROOT, 'bin/sallyport')}' audit verify ${words} --key checkpoint.pub`);
    assert.ok(step);
    return runStep(step, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '', AWS_REGION: '', ...env }, folder);
  };
}

async function recordedLog(t: TestContext, hoursAgo = 0): Promise<DataFolder> {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 40; i += 1) await journal.append(anEvent('command.forwarded'), [aBody('x'.repeat(300))]);
  if (hoursAgo > 0) await journal.append({ ...anEvent(), time: new Date(Date.now() + hoursAgo * 3_600_000).toISOString() });
  await journal.close();
  return data;
}

async function shippedLog(t: TestContext): Promise<{ readonly data: DataFolder; readonly server: S3Server }> {
  const data = await recordedLog(t);
  const server = await startS3();
  t.after(() => server.close());
  const journal = await data.open();
  const sinks = await shipToS3(settingsOf(server), journal, data.path);
  await sinks.caughtUp();
  await sinks.close();
  await journal.close();
  return { data, server };
}

test('a bucket is verified where it is, with the public key and an access key of the environment', async (t) => {
  const { data, server } = await shippedLog(t);
  const verify = await shell(t, await data.publicKey());
  const endpoint = `--endpoint http://127.0.0.1:${server.port}`;
  const good = await verify(`s3://${S3_BUCKET}/acme/audit ${endpoint}`, AWS);
  assert.deepEqual(good, {
    stdout: [good.stdout[0] ?? '', 'the record is as it was signed, as far as it is covered'],
    stderr: [],
    exit: 0,
  });
  assert.match(good.stdout[0] ?? '', /^w1: 40 events, 40 as signed \(\d+ checkpoints\)$/);
  assert.equal((await verify(`s3://${S3_BUCKET}/acme/audit/ ${endpoint}`, AWS)).exit, 0);

  const bucket = new Bucket(settingsOf(server), S3_DEPS);
  const keys: string[] = [];
  for await (const key of bucket.list('acme/audit/w1/records/', new AbortController().signal)) keys.push(key);
  await bucket.expect({ method: 'DELETE', key: keys[1] ?? '' }, new AbortController().signal);
  await bucket.close();
  const cut = await verify(`s3://${S3_BUCKET}/acme/audit ${endpoint}`, AWS);
  assert.equal(cut.exit, 5);
  assert.match(cut.stdout.join('\n'), /segment-missing at event \d+[^]*the record is NOT proved/);
});

test('a bucket that is empty there, absent, out of reach or closed to this key proves nothing, and the way out is said', async (t) => {
  const { data, server } = await shippedLog(t);
  const verify = await shell(t, await data.publicKey());
  const endpoint = `--endpoint http://127.0.0.1:${server.port}`;
  const elsewhere = await verify(`s3://${S3_BUCKET}/other ${endpoint}`, AWS);
  assert.deepEqual([elsewhere.stdout, elsewhere.exit], [['there is no log in this record', 'the record is NOT proved'], 5]);
  for (const [words, env, exit, error, hint] of [
    [`s3://absent/x ${endpoint}`, AWS, 1, /NoSuchBucket/, /name of the bucket/],
    [`s3://${S3_BUCKET}/acme/audit ${endpoint}`, { ...AWS, AWS_SECRET_ACCESS_KEY: 'wrong' }, 1, /SignatureDoesNotMatch/, /access key/],
    [`s3://${S3_BUCKET}/acme/audit ${endpoint}`, {}, 1, /AWS_ACCESS_KEY_ID is empty/, /./],
    [`s3://${S3_BUCKET}/acme/audit --endpoint http://127.0.0.1:1`, AWS, 3, /could not be reached/, /--endpoint/],
    [`s3://${S3_BUCKET}/acme/audit --endpoint http://169.254.169.254`, AWS, 2, /metadata service/, /own host/],
    [`s3://UPPER ${endpoint}`, AWS, 2, /is no bucket/, /s3:\/\/BUCKET\/PREFIX/],
    [`s3://${S3_BUCKET} --database sqlite:x`, AWS, 2, /exclude each other/, undefined],
  ] as const) {
    const outcome = await verify(words, env);
    assert.equal(outcome.exit, exit, words);
    assert.match(outcome.stderr[0] ?? '', error);
    if (hint) assert.match(outcome.stderr[1] ?? '', hint);
    assert.doesNotMatch(outcome.stderr.join('\n'), /wrong|S3RVER/);
  }
});

test('witnesses that must have cosigned are named on the command line, and one that has not is a failure', async (t) => {
  const data = await recordedLog(t, 3);
  const publicKey = await data.publicKey();
  const [one, other] = [await startWitness(publicKey, 'one.example'), await startWitness(publicKey, 'other.example')];
  t.after(() => Promise.all([one.close(), other.close()]));
  const journal = await data.open();
  const shown = startWitnesses({ journal, witnesses: [one] });
  await shown.cosign();
  await shown.close();
  await journal.close();
  const verify = await shell(t, publicKey);
  const good = await verify(`--data ${data.path} --witness ${one.key}`);
  assert.deepEqual([good.exit, good.stdout[1]], [0, 'w1: 41 events cosigned by enough witnesses (one.example 41)']);
  const both = `--data ${data.path} --witness ${one.key} --witness ${other.key}`;
  const bad = await verify(both);
  assert.equal(bad.exit, 5);
  assert.equal(bad.stdout[1], 'w1: 0 events cosigned by enough witnesses, 41 not yet (one.example 41, other.example 0)');
  assert.match(bad.stdout[2] ?? '', /^w1: not-cosigned at event 0 .*missing: other\.example$/);
  assert.equal((await verify(`${both} --quorum 1`)).exit, 0);
  for (const words of ['--witness nonsense', '--quorum 1', `--witness ${one.key} --quorum 2`, `--witness ${one.key} --cosigned-within soon`])
    assert.equal((await verify(`--data ${data.path} ${words}`)).exit, 2, words);
});
