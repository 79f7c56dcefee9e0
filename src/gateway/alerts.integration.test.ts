import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { signIn, type Api } from '../../test/support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../../test/support/gateway.ts';
import { callRaw } from '../../test/support/raw.ts';
import { startReceiver, type Received, type Receiver } from '../../test/support/receiver.ts';
import { until } from '../../test/support/until.ts';
import { startWorkbench, type Workbench } from '../../test/support/workbench.ts';

const OWNER = { name: 'owner', kind: 'person' as const, groups: ['owners'], password: randomBytes(12).toString('hex') };
const SECRET = 'alert webhook secret';
const mails: string[] = [];
const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  logger: false,
  onData(stream, session, done) {
    let text = `To: ${session.envelope.rcptTo.map(({ address }) => address).join()}\n`;
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => {
      mails.push(text);
      done();
    });
  },
});

let workbench: Workbench;
let gateway: GatewayProcess;
let hooks: Receiver;
let owner: Api;
let token: string;
let webhookStatus = 200;

const resources = (alerts: readonly object[]): object[] => [
  { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url, owners: ['group:owners'] },
  {
    kind: 'Policy',
    name: 'testers',
    targets: ['*'],
    rules: [
      { name: 'no-writing', deny: ['tools/call write'] },
      { name: 'all', allow: ['*'] },
    ],
    masks: [{ detect: ['email'] }],
  },
  ...alerts,
];
const DENIALS = {
  kind: 'Alert',
  name: 'denials',
  events: ['denied'],
  threshold: 3,
  window: '10m',
  coolDown: '1h',
  by: ['subject', 'target'],
  severity: 'critical',
  to: ['group:security'],
  message: 'ask the tester',
};

before(async () => {
  workbench = await startWorkbench();
  await new Promise<void>((resolve) => void smtp.listen(0, '127.0.0.1', () => resolve()));
  hooks = await startReceiver(({ path }) => (path === '/hook' ? { status: webhookStatus } : { body: { ok: true, ts: '1.1' } }));
  gateway = await startGatewayProcess({
    resources: resources([DENIALS]),
    accounts: [OWNER],
    env: { ALERT_TEST_SECRET: SECRET, ALERT_TEST_SLACK: 'xoxb-test' },
    config: {
      notify: [
        { webhook: { url: `${hooks.url}/hook`, secret: { env: 'ALERT_TEST_SECRET' } } },
        {
          slack: {
            token: { env: 'ALERT_TEST_SLACK' },
            signingSecret: { env: 'ALERT_TEST_SECRET' },
            channels: { 'group:security': ['CSECURITY'], 'group:sales': ['CSALES'] },
            api: hooks.url,
          },
        },
        {
          email: {
            smtp: { host: '127.0.0.1', port: (smtp.server.address() as AddressInfo).port, security: 'none' },
            from: 'sallyport@example.com',
            to: { 'group:security': ['security@example.com'], 'group:sales': ['sales@example.com'] },
          },
        },
      ],
    },
  });
  owner = await signIn(gateway.url, OWNER.name, OWNER.password);
  token = await gateway.token({ sub: 'tester', groups: [] }, 'workbench');
});
after(async () => {
  await gateway.stop();
  await workbench.close();
  await hooks.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
});

const write = () => callRaw(gateway.endpoint('workbench'), token, 'write', { key: 'k' });
const alertsAt = (path: string, name: string): readonly Received[] => hooks.received.filter((one) => one.path === path && one.body.includes(name));

test('people are told by every way at once: a signed webhook, a message in Slack, a mail; nobody who is not meant', async () => {
  for (let at = 0; at < 3; at += 1) await write();
  const [hook] = await until('the webhook', () => (alertsAt('/hook', 'denials').length > 0 ? alertsAt('/hook', 'denials') : undefined));
  assert.ok(hook);
  const signed = [hook.headers['webhook-id'], hook.headers['webhook-timestamp'], hook.body].join('.');
  assert.equal(hook.headers['webhook-signature'], `v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`);
  const { type, data } = JSON.parse(hook.body) as { type: string; data: Record<string, unknown> };
  assert.equal(type, 'alert');
  assert.deepEqual(
    [data['name'], data['severity'], data['event'], data['count'], data['group'], data['message']],
    ['denials', 'critical', 'denied', 3, { subject: 'person:tester', target: 'workbench' }, 'ask the tester'],
  );
  const [slack] = await until('Slack', () => (alertsAt('/chat.postMessage', 'denials').length > 0 ? alertsAt('/chat.postMessage', 'denials') : undefined));
  assert.equal(slack?.json.channel, 'CSECURITY');
  assert.match(slack?.body ?? '', /ask the tester/);
  assert.doesNotMatch(slack?.body ?? '', /sallyport-approve/, 'there is nothing to answer');
  const mail = await until('the mail', () => mails.find((text) => text.includes('denials')));
  assert.match(mail, /^To: security@example\.com/);
  assert.match(mail, /Subject: \[alert: critical\] denials: person:tester, workbench/);
  assert.ok(!mails.some((text) => text.startsWith('To: sales')) && !hooks.received.some(({ json }) => json.channel === 'CSALES'));
});

test('it is not told again before it has cooled down, neither by this process nor by the next', async () => {
  await write();
  await gateway.restart();
  await write();
  await write();
  owner = await signIn(gateway.url, OWNER.name, OWNER.password);
  const { alerts } = (await (await owner.raw('alerts')).json()) as { alerts: { name: string; raised: { times: number }[] }[] };
  assert.deepEqual(
    alerts.map(({ name, raised }) => [name, raised.map(({ times }) => times)]),
    [['denials', [1]]],
  );
  assert.equal(alertsAt('/hook', 'denials').length, 1);
});

test('an alert that is added to the resources counts at once; what the receiver did not take is told by the next process', async () => {
  await gateway.writeResources(resources([DENIALS, { kind: 'Alert', name: 'mails-seen', events: ['masked'], detectors: ['email'], threshold: 2 }]));
  await until('the alert', async () => ((await (await owner.raw('alerts')).text()).includes('mails-seen') ? true : undefined));
  webhookStatus = 503;
  await callRaw(gateway.endpoint('workbench'), token, 'echo', { value: 'a@example.com and b@example.com' });
  await until('a try', () => (alertsAt('/hook', 'mails-seen').length > 0 ? true : undefined));
  await gateway.kill();
  const tries = alertsAt('/hook', 'mails-seen').length;
  webhookStatus = 200;
  await gateway.restart();
  await until('the message', () => (alertsAt('/hook', 'mails-seen').length > tries ? true : undefined));
  assert.equal(new Set(alertsAt('/hook', 'mails-seen').map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.doesNotMatch(alertsAt('/hook', 'mails-seen')[0]?.body ?? '', /a@example/);
});

test('a test goes where the alert goes, and only an owner may ask for it', async () => {
  owner = await signIn(gateway.url, OWNER.name, OWNER.password);
  const asked = await owner.raw('alerts/denials/test', { method: 'POST', body: '{}' });
  assert.deepEqual([asked.status, await asked.json()], [200, { queued: 3 }]);
  await until('the test', () => (alertsAt('/hook', '[TEST]').length > 0 ? true : undefined));
  assert.equal((await owner.raw('alerts/nothing/test', { method: 'POST', body: '{}' })).status, 404);
  const stranger = await fetch(`${gateway.url}/api/alerts`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(stranger.status, 401);
});
