import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startFaultProxy } from '../../../test/support/fault-proxy.ts';
import { startOtlpCollector, type LogRecord } from '../../../test/support/otlp-collector.ts';
import { anEvent } from '../testing.ts';
import { testSink, type OtherSide } from './conformance.ts';
import { createOtlpSink, type OtlpSettings } from './otlp.ts';
import { QUICK_TIMEOUT_MS, recorded, retried, shipTo, testDeps } from './testing.ts';

const TOKEN = 'otlp-token';
const LINE = { down: 'reset', silent: 'silent', error: 'http-500', cut: 'cut', slow: 'slow' } as const;

const settings = (port: number): OtlpSettings => ({
  url: `http://127.0.0.1:${port}/v1/logs`,
  headers: { Authorization: { env: 'OTLP' } },
  batch: 25,
  timeoutMs: QUICK_TIMEOUT_MS,
});
const deps = testDeps({ OTLP: `Bearer ${TOKEN}` });
const attribute = (record: LogRecord | undefined, key: string): string | undefined => {
  const value = record?.attributes.find((one) => one.key === key)?.value;
  return value?.stringValue ?? value?.intValue;
};

async function start(t: TestContext): Promise<OtherSide> {
  const collector = await startOtlpCollector(TOKEN);
  t.after(() => collector.close());
  const proxy = await startFaultProxy({ port: collector.port });
  t.after(() => proxy.close());
  const ids = (records: readonly LogRecord[]): readonly string[] => records.flatMap((record) => attribute(record, 'log.record.uid') ?? []);
  return {
    ship: (journal, folder) => shipTo(createOtlpSink(settings(proxy.port), deps), journal, folder),
    arrived: async () => ids(collector.records),
    checkpoints: async () =>
      collector.records.flatMap((record) => (record.eventName === 'sallyport.checkpoint' ? Number(attribute(record, 'sallyport.size')) : [])),
    raw: async () => collector.bodies.join('\n'),
    begin: async (fault) => void (proxy.fault = LINE[fault]),
    mend: async () => void (proxy.fault = 'none'),
    secrets: [TOKEN],
  };
}

testSink({ name: 'otlp', faults: ['down', 'silent', 'error', 'cut', 'slow'], start });

test('otlp: a log record has the event, its time, its level and what to search by', async (t) => {
  const data = await recorded(t);
  const collector = await startOtlpCollector(TOKEN);
  t.after(() => collector.close());
  const event = anEvent('command.refused', { outcome: { status: 'denied' } });
  await data.log.append(event);
  const sinks = await shipTo(createOtlpSink(settings(collector.port), deps), data.log, `${data.path}/sinks`);
  await sinks.caughtUp();
  await sinks.close();
  const [record] = collector.records;
  assert.deepEqual([record?.eventName, record?.severityText, record?.timeUnixNano], ['command.refused', 'WARN', `${Date.parse(event.time)}000000`]);
  assert.deepEqual(
    ['log.record.uid', 'sallyport.subject', 'sallyport.target', 'sallyport.status', 'sallyport.index', 'sallyport.rule'].map((key) => attribute(record, key)),
    [event.id, 'scientist', 'models', 'denied', '0', undefined],
  );
  assert.match(record?.body.stringValue ?? '', new RegExp(`"id":"${event.id}"`));
});

test('otlp: what a collector rejects of a batch is counted and told, and not sent again', async (t) => {
  const data = await recorded(t);
  const collector = await startOtlpCollector(TOKEN);
  t.after(() => collector.close());
  collector.answers.push({ partialSuccess: { rejectedLogRecords: '2', errorMessage: 'too old' } });
  await data.record(3);
  const sinks = await shipTo(createOtlpSink(settings(collector.port), deps), data.log, `${data.path}/sinks`);
  await sinks.caughtUp();
  await sinks.close();
  const [status] = await sinks.status();
  assert.deepEqual(
    [status?.rejected, status?.lastError?.message, collector.records.length],
    [2, '2 records were refused for good: the collector says "too old"', 3],
  );
});

test('otlp: without the right credential nothing is taken, and the error says where to look', async (t) => {
  const data = await recorded(t);
  const collector = await startOtlpCollector(TOKEN);
  t.after(() => collector.close());
  await data.record(1);
  const sinks = await shipTo(createOtlpSink(settings(collector.port), testDeps({ OTLP: 'Bearer other' })), data.log, `${data.path}/sinks`);
  await retried(sinks);
  await sinks.close();
  assert.match((await sinks.status())[0]?.lastError?.hint ?? '', /check the credential/);
  assert.equal(collector.records.length, 0);
});
