import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startAuditReceiver } from '../../../test/support/audit-receiver.ts';
import { startFaultProxy } from '../../../test/support/fault-proxy.ts';
import { testSink, type OtherSide } from './conformance.ts';
import { QUICK_TIMEOUT_MS, recorded, retried, shipTo, testDeps } from './testing.ts';
import { createWebhookSink } from './webhook.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const TOKEN = 'token-in-the-path';
const LINE = { down: 'reset', silent: 'silent', error: 'http-500', cut: 'cut', slow: 'slow' } as const;

async function start(t: TestContext): Promise<OtherSide> {
  const receiver = await startAuditReceiver({ secret: SECRET });
  t.after(() => receiver.close());
  const proxy = await startFaultProxy({ port: receiver.port });
  t.after(() => proxy.close());
  const settings = { url: `http://127.0.0.1:${proxy.port}/${TOKEN}?key=${TOKEN}`, secret: { env: 'HOOK' }, batch: 25, timeoutMs: QUICK_TIMEOUT_MS };
  return {
    ship: (journal, folder) => shipTo(createWebhookSink(settings, testDeps({ HOOK: SECRET })), journal, folder),
    arrived: async () => receiver.events.map(({ id }) => id),
    checkpoints: async () => receiver.checkpoints.map((note) => Number(note.split('\n')[1])),
    raw: async () => receiver.bodies.join('\n'),
    begin: async (fault) => void (proxy.fault = LINE[fault]),
    mend: async () => void (proxy.fault = 'none'),
    secrets: [SECRET, TOKEN],
  };
}

testSink({ name: 'webhook', faults: ['down', 'silent', 'error', 'cut', 'slow'], start });

test('webhook: a receiver with another secret takes nothing, and is told nothing else', async (t) => {
  const data = await recorded(t);
  const receiver = await startAuditReceiver({ secret: 'whsec_b3RoZXI=' });
  t.after(() => receiver.close());
  const settings = { url: `http://127.0.0.1:${receiver.port}/`, secret: { env: 'HOOK' }, batch: 25, timeoutMs: QUICK_TIMEOUT_MS };
  await data.record(3);
  const sinks = await shipTo(createWebhookSink(settings, testDeps({ HOOK: SECRET })), data.log, `${data.path}/sinks`);
  await sinks.close();
  assert.equal(receiver.events.length, 0);
  assert.match((await sinks.status())[0]?.lastError?.message ?? '', /^the receiver at http:\/\/127\.0\.0\.1:\d+ answered with HTTP 401$/);
});

test('webhook: a batch that the receiver finds too large comes in halves, and a single event that is too large holds nothing up', async (t) => {
  const data = await recorded(t);
  const receiver = await startAuditReceiver({ secret: SECRET, largest: 2600 });
  t.after(() => receiver.close());
  const settings = { url: `http://127.0.0.1:${receiver.port}/`, secret: { env: 'HOOK' }, batch: 25, timeoutMs: QUICK_TIMEOUT_MS };
  await data.record(10);
  await data.recordNote('x'.repeat(3000));
  await data.record(10);
  const sinks = await shipTo(createWebhookSink(settings, testDeps({ HOOK: SECRET })), data.log, `${data.path}/sinks`);
  await sinks.caughtUp();
  assert.deepEqual(
    receiver.events.map(({ index }) => index),
    Array.from({ length: 21 }, (_, i) => i).filter((i) => i !== 10),
  );
  assert.equal((await sinks.status())[0]?.rejected, 1);
  await sinks.close();
});

test('webhook: a receiver that asks for patience gets it', async (t) => {
  const data = await recorded(t);
  const receiver = await startAuditReceiver({ secret: SECRET });
  t.after(() => receiver.close());
  const proxy = await startFaultProxy({ port: receiver.port });
  t.after(() => proxy.close());
  proxy.fault = 'http-503';
  const settings = { url: `http://127.0.0.1:${proxy.port}/`, secret: { env: 'HOOK' }, batch: 25, timeoutMs: QUICK_TIMEOUT_MS };
  await data.record(1);
  const sinks = await shipTo(createWebhookSink(settings, testDeps({ HOOK: SECRET })), data.log, `${data.path}/sinks`);
  await retried(sinks);
  assert.match((await sinks.status())[0]?.lastError?.message ?? '', /HTTP 503/);
  proxy.fault = 'none';
  await sinks.caughtUp();
  assert.equal(receiver.events.length, 1);
  await sinks.close();
});
