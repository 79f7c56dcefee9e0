import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestApi, type Reply, type TestApi } from '../testing.ts';

let api: TestApi;
let as: Readonly<Record<'scientist' | 'colleague' | 'lead' | 'owner', Record<string, string>>>;
let asks = 0;

before(async () => {
  api = await startTestApi();
  const [scientist, colleague, lead, owner] = await Promise.all(['scientist', 'colleague', 'lead', 'owner'].map((name) => api.signIn(name)));
  as = { scientist: scientist ?? {}, colleague: colleague ?? {}, lead: lead ?? {}, owner: owner ?? {} };
});
after(() => api.close());

const post = (path: string, body: object, headers: Record<string, string>): Promise<Reply> => api.call(`/api/${path}`, { method: 'POST', body, headers });
const ask = (more: object = {}, headers = as.scientist): Promise<Reply> =>
  post('windows', { target: 'models', command: 'tools/call update_*', for: '30m', reason: `evaluation ${(asks += 1)}`, ...more }, headers);

async function openWindow(): Promise<string> {
  const id = String((await ask()).json['id']);
  const granted = await post(`approvals/${id}/approve`, {}, as.lead);
  assert.equal(granted.json['status'], 'granted');
  return id;
}

async function mayWithdraw(id: string, headers: Record<string, string>): Promise<unknown> {
  return (await api.call(`/api/approvals/${id}`, { headers })).json['mayWithdraw'];
}

test('who may be held may ask for a window; who reaches nothing there, and whom no rule holds, is told so', async () => {
  const asked = await ask();
  assert.partialDeepStrictEqual(asked.json, { status: 'pending', window: { pattern: 'tools/call update_*', minutes: 30, breakGlass: false } });
  assert.equal((await ask({}, as.owner)).status, 404);
  assert.match((await ask({ command: 'tools/list' })).text, /no review rule is about tools\/list/);
  assert.equal((await ask({ breakGlass: true })).status, 403);
  assert.equal((await ask({ for: '48h' })).status, 400);
  await post(`approvals/${String(asked.json['id'])}/withdraw`, {}, as.scientist);
});

test('an open window tells its requester and its approver that they may end it, and a colleague nothing', async () => {
  const id = await openWindow();
  assert.equal(await mayWithdraw(id, as.scientist), true);
  assert.equal(await mayWithdraw(id, as.lead), true);
  assert.equal((await api.call(`/api/approvals/${id}`, { headers: as.colleague })).status, 404);
  const ended = await post(`approvals/${id}/withdraw`, {}, as.lead);
  assert.deepEqual([ended.json['status'], ended.json['mayWithdraw']], ['withdrawn', false]);
});

test('a held command is its requester’s alone to withdraw', async () => {
  const { id } = await api.hold('scientist');
  assert.deepEqual([await mayWithdraw(id, as.scientist), await mayWithdraw(id, as.lead)], [true, false]);
});
