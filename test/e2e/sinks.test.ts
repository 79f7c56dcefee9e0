import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { SinkStatus } from '../../src/audit/sinks/status.ts';
import { signIn } from '../support/api.ts';
import { startAuditReceiver } from '../support/audit-receiver.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startGatewayProcess } from '../support/gateway.ts';
import { freePort } from '../support/listen.ts';
import { callRaw } from '../support/raw.ts';
import { S3_ACCESS_KEY, S3_BUCKET, S3_SECRET_KEY, startS3 } from '../support/s3.ts';
import { until } from '../support/until.ts';
import { startWorkbench } from '../support/workbench.ts';

const LEAD = { name: 'lead', kind: 'person' as const, groups: ['leads'], password: randomBytes(12).toString('hex') };
const SECRET = `whsec_${randomBytes(24).toString('base64')}`;
const CANARY = `canary-${randomBytes(6).toString('hex')}@mail.example.com`;

const resources = (address: string): object[] => [
  { kind: 'Target', name: 'workbench', protocol: 'mcp', address, owners: ['group:leads'] },
  {
    kind: 'Policy',
    name: 'testers',
    targets: ['workbench'],
    rules: [{ name: 'testers', subjects: ['group:testers'], allow: ['tools/list', 'tools/call echo'] }],
    masks: [{ detect: ['email'] }],
  },
];

test('a gateway ships its record to a bucket, a webhook and a file, over a kill -9 and while one of them is down, and nothing that was masked', async (t) => {
  const [workbench, receiver, s3] = await Promise.all([startWorkbench(), startAuditReceiver({ secret: SECRET }), startS3()]);
  t.after(() => Promise.all([workbench.close(), receiver.close(), s3.close()]));
  const line = await startFaultProxy({ port: receiver.port });
  t.after(() => line.close());
  line.fault = 'reset';
  const sinks = [
    { webhook: { url: `http://127.0.0.1:${line.port}/audit`, secret: { env: 'HOOK' } } },
    {
      name: 'bucket',
      s3: { bucket: S3_BUCKET, endpoint: `http://127.0.0.1:${s3.port}`, accessKeyId: { env: 'S3_ID' }, secretAccessKey: { env: 'S3_KEY' }, every: '200ms' },
    },
    { file: { path: 'audit.jsonl' } },
  ];
  const metricsPort = await freePort();
  const gateway = await startGatewayProcess({
    listen: { metrics: `127.0.0.1:${metricsPort}` },
    resources: resources(workbench.url),
    accounts: [LEAD],
    config: { audit: { sinks } },
    env: { HOOK: SECRET, S3_ID: S3_ACCESS_KEY, S3_KEY: S3_SECRET_KEY },
  });
  t.after(() => gateway.stop());
  const token = await gateway.token({ sub: 'tester', groups: ['testers'] }, 'workbench');
  const call = async (): Promise<void> => {
    const reply = await callRaw(gateway.endpoint('workbench'), token, 'echo', { value: CANARY });
    assert.equal(reply.status, 200);
    assert.ok(!reply.text.includes(CANARY));
  };
  const lead = await signIn(gateway.url, LEAD.name, LEAD.password);
  const status = async (): Promise<ReadonlyMap<string, SinkStatus>> => new Map((await lead.sinks()).map((one) => [one.name, one]));

  for (let i = 0; i < 10; i += 1) await call();
  await t.test('the one that is down says so, and the others have everything', async () => {
    const all = await until('the sinks that are up', async () => {
      const found = await status();
      const behind = ['index', 'bucket', 'file'].filter((name) => (found.get(name)?.lagEvents ?? 1) > 0);
      return behind.length === 0 && found.get('webhook')?.state === 'failing' ? found : undefined;
    });
    const webhook = all.get('webhook');
    assert.ok((webhook?.lagEvents ?? 0) >= 20 && (webhook?.lagSeconds ?? 0) > 0);
    assert.match(webhook?.lastError?.message ?? '', /^http:\/\/127\.0\.0\.1:\d+ could not be reached/);
    assert.match(gateway.output(), /"part":"sink webhook","message":"http/);
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    assert.match(metrics, /^sallyport_sink_failing\{sink="webhook"\} 1$/m);
    assert.match(metrics, /^sallyport_sink_lag_seconds\{sink="webhook"\} (?!0$)/m);
    assert.match(metrics, /^sallyport_sink_lag_events\{sink="file"\} 0$/m);
  });

  await gateway.kill();
  await gateway.restart();
  for (let i = 0; i < 5; i += 1) await call();
  line.fault = 'none';
  const indexes = (events: readonly { readonly index: number }[]): readonly number[] => [...new Set(events.map(({ index }) => index))];
  await t.test('after a kill and when it is back it has everything, in order', async () => {
    const end = await until('all sinks to have everything', async () => {
      const found = [...(await status()).values()];
      return found.every(({ lagEvents }) => lagEvents === 0) ? found[0]?.writers[0]?.end : undefined;
    });
    assert.deepEqual(
      indexes(receiver.events).slice(0, end),
      Array.from({ length: end }, (_, i) => i),
    );
    assert.ok(end >= 30);
  });

  await t.test('each has signed checkpoints, and the file has every event as a line', async () => {
    await until('a checkpoint', () => (receiver.checkpoints.length > 0 ? true : undefined));
    const lines = (await readFile(join(gateway.folder, 'audit.jsonl'), 'utf8')).split('\n').filter((text) => text !== '');
    const events = lines.map((text) => JSON.parse(text) as { readonly index: number; readonly checkpoint?: string });
    assert.ok(events.some(({ checkpoint }) => checkpoint !== undefined));
    assert.ok(indexes(events.filter(({ checkpoint }) => checkpoint === undefined)).length >= 30);
    assert.ok(s3.requests.some(({ path }) => path.includes('/checkpoints/')));
  });

  await t.test('what was masked, and what opens the sinks, is in none of them and not in the output', async () => {
    const texts = [receiver.bodies.join(''), await readFile(join(gateway.folder, 'audit.jsonl'), 'utf8'), await s3.everything(), gateway.output()];
    for (const text of texts) for (const secret of [CANARY, SECRET]) assert.ok(text.length > 0 && !text.includes(secret));
  });
});
