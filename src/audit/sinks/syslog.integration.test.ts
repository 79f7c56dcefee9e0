import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, test, type TestContext } from 'node:test';
import { makeCertificates, type Certificates } from '../../../test/support/certificates.ts';
import { startFaultProxy } from '../../../test/support/fault-proxy.ts';
import { startRsyslog, type SyslogMessage } from '../../../test/support/rsyslog.ts';
import { until } from '../../../test/support/until.ts';
import { anEvent } from '../testing.ts';
import { testSink, type OtherSide } from './conformance.ts';
import { createSyslogSink, type SyslogSettings, type TlsSettings } from './syslog.ts';
import { recorded, retried, shipTo, testDeps } from './testing.ts';

let certificates: Certificates | undefined;

before(async () => {
  certificates = await makeCertificates();
});
after(() => certificates?.remove());

const LINE = { down: 'reset', silent: 'silent', error: 'reset', cut: 'cut', slow: 'slow' } as const;

function settings(port: number, tls?: TlsSettings): SyslogSettings {
  return {
    host: '127.0.0.1',
    port,
    timeoutMs: 1000,
    batch: 25,
    facility: 13,
    hostName: 'gateway-1',
    appName: 'sallyport',
    enterprise: 32_473,
    maxBytes: 8192,
    ...(tls ? { tls } : {}),
  };
}

const paramOf = ({ structured }: SyslogMessage, name: string): string | undefined => new RegExp(` ${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(structured)?.[1];

async function start(t: TestContext, security: 'tls' | 'plain'): Promise<OtherSide> {
  const server = await startRsyslog(security === 'tls' ? certificates : undefined);
  t.after(() => server.close());
  const proxy = await startFaultProxy({ port: server.port });
  t.after(() => proxy.close());
  const tls = security === 'tls' && certificates ? { ca: certificates.ca } : undefined;
  // It writes what it has read a moment after it has closed the connection.
  const settled = async (): Promise<readonly SyslogMessage[]> => {
    let count = -1;
    return until('rsyslog to write', async () => {
      const messages = await server.messages();
      const isSettled = messages.length === count && messages.length > 0;
      count = messages.length;
      return isSettled ? messages : undefined;
    });
  };
  return {
    ship: (journal, folder) => shipTo(createSyslogSink(settings(proxy.port, tls), testDeps()), journal, folder),
    arrived: async () => (await settled()).flatMap((message) => paramOf(message, 'id') ?? []),
    checkpoints: async () => (await settled()).flatMap((message) => (message.messageId === 'checkpoint' ? Number(paramOf(message, 'size')) : [])),
    raw: async () => {
      await settled();
      return server.raw();
    },
    begin: async (fault) => void (proxy.fault = LINE[fault]),
    mend: async () => void (proxy.fault = 'none'),
    secrets: [],
  };
}

testSink({ name: 'syslog over TCP', faults: ['down', 'silent', 'cut', 'slow'], start: (t) => start(t, 'plain') });
testSink({ name: 'syslog over TLS', faults: ['down', 'silent', 'cut', 'slow'], start: (t) => start(t, 'tls') });

test('syslog: a message has level, time, structured data and the leaf, whatever stands in it', async (t) => {
  const data = await recorded(t);
  const server = await startRsyslog();
  t.after(() => server.close());
  const event = anEvent('command.refused', {
    note: 'é "quoted" ]\\ \n2nd line <34>1 forged',
    subject: { id: 'u', name: 'a"]\\ \nb', kind: 'person', groups: [], issuer: 'i' },
  });
  await data.log.append(event);
  const sinks = await shipTo(createSyslogSink(settings(server.port), testDeps()), data.log, `${data.path}/sinks`);
  await sinks.caughtUp();
  await sinks.close();
  const [message, ...others] = await until('the message', async () => {
    const messages = await server.messages();
    return messages.length > 0 ? messages : undefined;
  });
  assert.deepEqual(others, []);
  assert.deepEqual([message?.priority, message?.host, message?.app, message?.messageId], ['108', 'gateway-1', 'sallyport', 'command.refused']);
  assert.equal(Date.parse(message?.time ?? ''), Date.parse(event.time));
  assert.ok(message?.structured.startsWith(`[sallyport@32473 id="${event.id}" writer="w1" index="0"`));
  assert.ok(message?.structured.includes('subject="a\\"\\]\\\\  b"'), message?.structured);
  const leaf: unknown = JSON.parse((message?.text ?? '').replace(/^[\s\uFEFF]+/, ''));
  assert.deepEqual(leaf, { ...event, index: 0, writer: 'w1' });
});

test('syslog: an event that is longer than receivers take says so, with the hash of its leaf', async (t) => {
  const data = await recorded(t);
  const server = await startRsyslog();
  t.after(() => server.close());
  await data.recordNote('x'.repeat(9000));
  const sinks = await shipTo(createSyslogSink(settings(server.port), testDeps()), data.log, `${data.path}/sinks`);
  await sinks.caughtUp();
  await sinks.close();
  const message = await until('the message', async () => (await server.messages())[0]);
  assert.match(paramOf(message, 'sha256') ?? '', /^[0-9a-f]{64}$/);
  assert.notEqual(paramOf(message, 'sha256'), hash('sha256', '', 'hex'));
  assert.ok(Number(paramOf(message, 'bytes')) > 9000);
  assert.equal(message.text.trim(), '');
});

test('syslog: a receiver that another authority vouches for gets nothing', async (t) => {
  const data = await recorded(t);
  const server = await startRsyslog(certificates);
  t.after(() => server.close());
  await data.record(1);
  const sinks = await shipTo(createSyslogSink(settings(server.port, { ca: certificates?.otherCa ?? '' }), testDeps()), data.log, `${data.path}/sinks`);
  await retried(sinks);
  await sinks.close();
  assert.match((await sinks.status())[0]?.lastError?.message ?? '', /certificate/);
  assert.equal(await server.raw(), '');
});

test('syslog: a receiver whose certificate has another name gets nothing, and one that is told gets it', async (t) => {
  const data = await recorded(t);
  const server = await startRsyslog(certificates);
  t.after(() => server.close());
  await data.record(1);
  const ca = certificates?.ca ?? '';
  const wrong = await shipTo(createSyslogSink(settings(server.port, { ca, serverName: 'logs.example.com' }), testDeps()), data.log, `${data.path}/wrong`);
  await retried(wrong);
  await wrong.close();
  assert.equal(await server.raw(), '');
  const right = await shipTo(createSyslogSink(settings(server.port, { ca, serverName: 'localhost' }), testDeps()), data.log, `${data.path}/right`);
  await right.caughtUp();
  await right.close();
  await until('the message', async () => (await server.messages())[0]);
});

test('syslog: a server that is stopped for a while gets everything when it is started again', async (t) => {
  const data = await recorded(t);
  const server = await startRsyslog();
  t.after(() => server.close());
  const sinks = await shipTo(createSyslogSink(settings(server.port), testDeps()), data.log, `${data.path}/sinks`);
  await data.record(5);
  await sinks.caughtUp();
  await server.stop();
  await data.record(60);
  await retried(sinks, 2);
  await server.restart();
  await sinks.caughtUp();
  await sinks.close();
  await server.stop();
  assert.equal(new Set((await server.messages()).flatMap((message) => paramOf(message, 'id') ?? [])).size, 65);
});
