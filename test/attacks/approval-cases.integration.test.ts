/** Deceptions around one approval, each as a flow from request to the last place that shows or answers it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startTestApi, type TestApi } from '../../src/api/testing.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
let clock = Date.parse('2026-11-21T12:00:00Z');
let api: TestApi;
let slack: Receiver;

before(async () => {
  process.env['CASES_TEST_TOKEN'] = 'xoxb-test';
  process.env['CASES_TEST_SECRET'] = 'signing secret of this test';
  slack = await startReceiver(() => ({ body: { ok: true, ts: '1.1' } }));
  const settings = {
    token: { env: 'CASES_TEST_TOKEN' },
    signingSecret: { env: 'CASES_TEST_SECRET' },
    channels: { '*': ['CALL'] },
    people: { ULEAD: 'lead' },
    api: slack.url,
  };
  api = await startTestApi({
    notify: [{ slack: settings }, { webhook: { url: `${slack.url}/hook`, secret: { env: 'CASES_TEST_SECRET' }, people: ['lead'] } }],
    now: () => clock,
  });
});
after(async () => {
  await api.close();
  await slack.close();
});

const executions = async (id: string): Promise<number> => Number(await api.approvals.execute(id, 'intent'));
const post = (path: string, headers: Record<string, string>, body: unknown = {}) => api.call(path, { method: 'POST', headers, body });

test('an approval after expiry is rejected, and nothing is executed', async () => {
  const { id } = await api.hold('scientist', 'update_late');
  clock += 31 * MINUTE;
  const lead = await api.signIn('lead');
  assert.equal((await post(`/api/approvals/${id}/approve`, lead)).status, 409);
  assert.equal(await executions(id), 0);
  const { id: inTime } = await api.hold('scientist', 'update_in_time');
  clock += 29 * MINUTE;
  assert.equal((await post(`/api/approvals/${inTime}/approve`, lead)).status, 200);
  assert.equal(await executions(inTime), 1);
});

test('a payload beyond the display limit is held, and every place that shows it states its length and hash and has its tail in view', async () => {
  const shown = JSON.stringify({ sql: `select 1${' '.repeat(20_000)}; DROP TABLE users` });
  const held = await api.hold('scientist', 'update_sql', shown);
  assert.equal(held.status, 'pending');
  const sha256 = createHash('sha256').update(shown).digest('hex');
  const message = await until('the message', () => slack.received.find(({ path, body }) => path === '/chat.postMessage' && body.includes(held.id)));
  const hook = await until('the notice', () => slack.received.find(({ path, json }) => path === '/hook' && json.data.id === held.id));
  const page = await api.call(new URL(hook.json.data.links[0]?.url ?? '').pathname);
  for (const text of [message.body, hook.json.data.text, page.text]) {
    assert.ok(text.includes(sha256));
    assert.ok(text.includes(`The whole has ${shown.length} characters`));
    assert.match(text, /20000\} {8}; DROP TABLE users/);
  }
  const lead = await api.signIn('lead');
  assert.equal((await api.call(`/api/approvals/${held.id}`, { headers: lead })).json['shown'], shown);
});

test('a forged chat callback, signed over another body and ten minutes old, is 401 and executes nothing', async () => {
  const { id, digest } = await api.hold('scientist', 'update_forged');
  const payload = {
    type: 'block_actions',
    user: { id: 'ULEAD' },
    container: { channel_id: 'CALL' },
    actions: [{ action_id: 'sallyport-approve', value: `${id} ${digest}` }],
  };
  const raw = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(clock / 1000) - 600);
  const signature = `v0=${createHash('sha256').update(`v0:${timestamp}:another body`).digest('hex')}`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature };
  assert.equal((await api.call('/hooks/slack', { method: 'POST', raw, headers })).status, 401);
  assert.equal((await api.call('/hooks/slack', { method: 'POST', raw, headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status, 401);
  assert.equal((await api.approvals.get(id))?.status, 'pending');
  assert.equal(await executions(id), 0);
});
