import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startFaultProxy, type FaultProxy } from '../../../test/support/fault-proxy.ts';
import { S3_ACCESS_KEY, startS3, type S3Server } from '../../../test/support/s3.ts';
import { parseCheckpoints } from '../checkpoint.ts';
import { frameSizeAt, readFrame, type Frame } from '../frame.ts';
import { leafOf } from '../replay.ts';
import { listSegments } from '../segment.ts';
import { aBody, anEvent } from '../testing.ts';
import { objectKey, parseObjectKey } from './bucket-layout.ts';
import { testSink, type OtherSide } from './conformance.ts';
import { Bucket } from './s3-client.ts';
import { createS3Sink } from './s3.ts';
import { S3_DEPS, s3Settings, shipToS3 } from '../../../test/support/s3-sink.ts';
import { recorded, retried, shipTo, testDeps } from './testing.ts';

const LINE = { down: 'reset', silent: 'silent', error: 'http-500', cut: 'cut', slow: 'slow' } as const;
const MIB = 1 << 20;
const signal = new AbortController().signal;

interface Stored {
  readonly frames: readonly Frame[];
  readonly keys: readonly string[];
  readonly checkpoints: readonly number[];
  readonly raw: string;
}

/** What a reader finds: it lists the bucket and reads each object. */
async function readBucket(port: number): Promise<Stored> {
  const bucket = new Bucket(s3Settings(port, { timeoutMs: 20_000 }), S3_DEPS);
  const keys: string[] = [];
  const frames: Frame[] = [];
  const checkpoints: number[] = [];
  const raw: string[] = [];
  try {
    for await (const key of bucket.list('sallyport/', signal)) {
      keys.push(key);
      const bytes = await bucket.read(key, signal);
      raw.push(bytes.toString('latin1'));
      if (parseObjectKey('sallyport/', key)?.kind === 'records') frames.push(...framesOf(bytes));
      else checkpoints.push(...parseCheckpoints(bytes.toString()).notes.flatMap(({ checkpoint }) => checkpoint?.size ?? []));
    }
  } finally {
    await bucket.close();
  }
  return { frames, keys, checkpoints, raw: raw.join('') };
}

function framesOf(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = frameSizeAt(bytes, at);
    assert.ok(typeof size === 'number');
    const frame = readFrame(bytes, at, size);
    assert.ok(frame);
    frames.push(frame);
    at += size;
  }
  return frames;
}

const idsOf = ({ frames }: Stored): readonly string[] => frames.map((frame) => leafOf(frame).id);

async function servers(t: TestContext): Promise<{ readonly server: S3Server; readonly proxy: FaultProxy }> {
  const server = await startS3();
  t.after(() => server.close());
  const proxy = await startFaultProxy({ port: server.port });
  t.after(() => proxy.close());
  return { server, proxy };
}

async function start(t: TestContext): Promise<OtherSide> {
  const { server, proxy } = await servers(t);
  return {
    ship: (journal, folder) => shipToS3(s3Settings(proxy.port), journal, folder),
    arrived: async () => idsOf(await readBucket(server.port)),
    checkpoints: async () => (await readBucket(server.port)).checkpoints,
    raw: async () => (await readBucket(server.port)).raw,
    begin: async (fault) => void (proxy.fault = LINE[fault]),
    mend: async () => void (proxy.fault = 'none'),
    secrets: [],
  };
}

testSink({ name: 's3', faults: ['down', 'silent', 'error', 'cut', 'slow'], start });

test('s3: the objects are the journal, byte for byte, and their names say which records are in them', async (t) => {
  const data = await recorded(t);
  const { server } = await servers(t);
  await data.record(30);
  const sinks = await shipToS3(s3Settings(server.port), data.log, `${data.path}/sinks`);
  await sinks.caughtUp();
  await sinks.close();
  const stored = await readBucket(server.port);
  const bodies = await Promise.all((await listSegments(join(data.journal, 'w1'))).map(async ({ path, body }) => (await readFile(path)).subarray(body)));
  assert.deepEqual(Buffer.concat(stored.frames.map(({ bytes }) => bytes)), Buffer.concat(bodies));
  const objects = stored.keys.map((key) => parseObjectKey('sallyport/', key)).filter((object) => object?.kind === 'records');
  assert.ok(objects.length > 1);
  let next = 0;
  for (const object of objects) {
    assert.equal(object.first, next);
    next = object.next;
    assert.ok(stored.keys.includes(objectKey('sallyport/', object)));
  }
  assert.equal(next, 30);
});

test('s3: after a crash behind an object nothing is put twice: what is there is the same, and stays', async (t) => {
  const data = await recorded(t);
  const { server, proxy } = await servers(t);
  await data.record(5);
  let isCut = false;
  // The answer to the first object is lost: it is there, and nobody knows.
  const lost = createS3Sink(s3Settings(proxy.port), { ...S3_DEPS, notes: `${data.path}/upload` });
  const crashing = await shipTo(
    { ...lost, send: async (batch, stop) => lost.send(batch, stop).then((result) => (isCut ? result : Promise.reject(new Error('lost answer')))) },
    data.log,
    `${data.path}/sinks`,
  );
  await retried(crashing);
  await crashing.close();
  isCut = true;
  await data.record(7);
  const sinks = await shipToS3(s3Settings(proxy.port), data.log, `${data.path}/sinks`);
  await sinks.caughtUp();
  await sinks.close();
  const stored = await readBucket(server.port);
  assert.deepEqual(
    stored.frames.map(({ index }) => index),
    Array.from({ length: 12 }, (_, i) => i),
  );
});

test('s3: an object of the same name with something else in it is left alone, and the error says what to do', async (t) => {
  const data = await recorded(t);
  const { server } = await servers(t);
  await data.record(3);
  const bucket = new Bucket(s3Settings(server.port), S3_DEPS);
  t.after(() => bucket.close());
  const key = objectKey('sallyport/', { kind: 'records', writer: 'w1', first: 0, next: 3 });
  await bucket.expect({ method: 'PUT', key, body: Buffer.from('somebody else was here') }, signal);
  const sinks = await shipToS3(s3Settings(server.port), data.log, `${data.path}/sinks`);
  await retried(sinks, 2);
  const { lastError } = (await sinks.status())[0] ?? {};
  await sinks.close();
  assert.match(lastError?.message ?? '', /^the bucket audit holds another object under sallyport\/w1\/records\/0+-0+3$/);
  assert.match(lastError?.hint ?? '', /prefix of its own/);
  assert.equal((await bucket.read(key, signal)).toString(), 'somebody else was here');
});

test('s3: a large record goes up in parts, and an upload that broke goes on where it stopped, even after a restart', async (t) => {
  const data = await recorded(t);
  const { server, proxy } = await servers(t);
  const large = randomBytes(11 * MIB).toString('latin1');
  await data.log.append(anEvent(), [aBody(large)]);
  const chosen = s3Settings(proxy.port, { partBytes: 5 * MIB, timeoutMs: 20_000 });
  const first = await shipTo(createS3Sink(chosen, { ...S3_DEPS, notes: `${data.path}/upload` }), data.log, `${data.path}/sinks`);
  while (!server.requests.some(({ path }) => path.includes('partNumber=2'))) await new Promise((resolve) => setTimeout(resolve, 2));
  proxy.fault = 'reset';
  await first.close();
  const before = server.requests.length;
  proxy.fault = 'none';
  const second = await shipTo(createS3Sink(chosen, { ...S3_DEPS, notes: `${data.path}/upload` }), data.log, `${data.path}/sinks`);
  await second.caughtUp();
  await second.close();
  const again = server.requests.slice(before).map(({ method, path }) => `${method} ${/uploads|partNumber=\d|uploadId/.exec(path)?.[0] ?? ''}`);
  assert.ok(!again.includes('POST uploads') && !again.includes('PUT partNumber=1'), again.join('\n'));
  assert.ok(again.includes('PUT partNumber=3') || again.includes('PUT partNumber=4'));
  const [segment] = await listSegments(join(data.journal, 'w1'));
  const { frames } = await readBucket(server.port);
  const { bytes } = frames[0] ?? { bytes: Buffer.alloc(0) };
  const { path, body } = segment ?? { path: '', body: 0 };
  assert.ok(bytes.length > 11 * MIB && bytes.equals((await readFile(path)).subarray(body, body + bytes.length)));
});

test('s3: a wrong secret key is told as such, without the key', async (t) => {
  const data = await recorded(t);
  const { server } = await servers(t);
  await data.record(1);
  const wrong = testDeps({ ID: S3_ACCESS_KEY, KEY: 'wrong-secret-key' });
  const sinks = await shipTo(createS3Sink(s3Settings(server.port), { ...wrong, notes: `${data.path}/upload` }), data.log, `${data.path}/sinks`);
  await retried(sinks);
  const { lastError } = (await sinks.status())[0] ?? {};
  await sinks.close();
  assert.equal(lastError?.message, 'the bucket audit answered with HTTP 403 (SignatureDoesNotMatch)');
  assert.match(lastError?.hint ?? '', /access key/);
  assert.deepEqual((await readBucket(server.port)).keys, []);
});

test('s3: while the bucket is gone nothing is lost, and when it is made again everything comes', async (t) => {
  const data = await recorded(t);
  const { server } = await servers(t);
  await server.removeBucket();
  const sinks = await shipToS3(s3Settings(server.port), data.log, `${data.path}/sinks`);
  await data.record(40);
  await retried(sinks, 3);
  const { lastError, lagEvents } = (await sinks.status())[0] ?? {};
  assert.deepEqual([lastError?.message, lagEvents], ['the bucket audit answered with HTTP 404 (NoSuchBucket)', 40]);
  await server.makeBucket();
  await sinks.caughtUp();
  await sinks.close();
  assert.equal((await readBucket(server.port)).frames.length, 40);
});

test('s3: objects are put with their lock, their checksum and the condition that nothing is there', async (t) => {
  const data = await recorded(t);
  const { server } = await servers(t);
  await data.record(1);
  const chosen = s3Settings(server.port, { objectLock: { mode: 'COMPLIANCE', days: 30 } });
  const sinks = await shipToS3(chosen, data.log, `${data.path}/sinks`);
  await sinks.caughtUp();
  await sinks.close();
  const put = server.requests.find(({ method, path }) => method === 'PUT' && path.includes('/records/'));
  assert.equal(put?.headers['x-amz-object-lock-mode'], 'COMPLIANCE');
  const days = (Date.parse(String(put?.headers['x-amz-object-lock-retain-until-date'])) - Date.now()) / 86_400_000;
  assert.ok(days > 29.9 && days <= 30);
  assert.equal(put?.headers['if-none-match'], '*');
  const hex = String(put?.headers['x-amz-content-sha256']);
  assert.equal(put?.headers['x-amz-checksum-sha256'], Buffer.from(hex, 'hex').toString('base64'));
  assert.match(String(put?.headers.authorization), /SignedHeaders=[a-z0-9;-]*if-none-match;[a-z0-9;-]*x-amz-object-lock-mode;/);
});
