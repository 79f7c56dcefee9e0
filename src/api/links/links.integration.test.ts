import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startReceiver, type Receiver } from '../../../test/support/receiver.ts';
import { until } from '../../../test/support/until.ts';
import { startTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let receiver: Receiver;
let clock = Date.parse('2026-11-21T12:00:00Z');
let tools = 0;

before(async () => {
  process.env['LINK_TEST_SECRET'] = 'a webhook secret of this test';
  receiver = await startReceiver(() => ({}));
  const webhook = { url: `${receiver.url}/hook`, secret: { env: 'LINK_TEST_SECRET' }, people: ['lead', 'scientist', 'nobody'] };
  api = await startTestApi({ notify: [{ webhook }], now: () => clock });
});
after(async () => {
  await api.close();
  await receiver.close();
});

interface Asked {
  readonly id: string;
  /** Path of the lead's link. */
  readonly path: string;
}

async function ask(shown?: string): Promise<Asked> {
  const { id } = await api.hold('scientist', `update_${(tools += 1)}`, shown);
  const notice = await until('the notice', () => receiver.received.find(({ json }) => json.data.id === id && json.type === 'approval.requested'));
  assert.deepEqual(
    notice.json.data.links.map(({ person }) => person),
    ['lead'],
    'only who may answer gets a link',
  );
  return { id, path: new URL(notice.json.data.links[0]?.url ?? '').pathname };
}

const send = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  api.call(path, { method: 'POST', raw: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });
const statusOf = async (id: string) => (await api.approvals.get(id))?.status;

test('opening a link shows the exact command and answers nothing, however often and however it is fetched', async () => {
  const { id, path } = await ask('{"model":"fraud\u202Ereversed","note":"<script>alert(1)</script>"}');
  for (const method of ['GET', 'HEAD', 'GET', 'GET']) {
    const opened = await api.call(path, { method, headers: { purpose: 'prefetch', 'sec-fetch-site': 'cross-site' } });
    assert.equal(opened.status, 200);
    if (method === 'HEAD') continue;
    assert.match(opened.text, /fraud\\u\{202e\}reversed/);
    assert.match(opened.text, /&#60;script&#62;alert/);
    assert.doesNotMatch(opened.text, /<script|\u202e|undefined/);
    for (const fact of ['person:scientist', 'changes-take-a-lead', 'digest', 'risk']) assert.ok(opened.text.includes(fact), fact);
    assert.equal(opened.headers['cache-control'], 'no-store');
  }
  assert.equal(await statusOf(id), 'pending');
  assert.equal((await send(path, { answer: 'approve', reason: 'checked' })).status, 200);
  assert.equal(await statusOf(id), 'granted');
});

test('a link answers once, as its person', async () => {
  const { id, path } = await ask();
  assert.equal((await send(path, { answer: 'deny', reason: 'not today' })).status, 200);
  assert.partialDeepStrictEqual((await api.approvals.get(id))?.answers, [{ approver: { name: 'lead' }, answer: 'deny', reason: 'not today' }]);
  assert.equal((await send(path, { answer: 'approve' })).status, 409);
  assert.equal(await statusOf(id), 'denied');
});

test('of ten who send the same link at once, one is taken', async () => {
  const { path } = await ask();
  const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await send(path, { answer: 'approve' })).status));
  assert.equal(statuses.filter((status) => status === 200).length, 1);
});

test('a link whose text was changed, or that another key signed, is none', async () => {
  const { id, path } = await ask();
  const [payload = '', mac = ''] = path.slice('/links/'.length).split('.');
  const [, , expiresAt] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, string, number];
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forged = [
    `${encode([id, 'colleague', expiresAt])}.${mac}`,
    `${encode([id, 'lead', expiresAt + 1])}.${mac}`,
    `${payload}.${mac.slice(0, -2)}AA`,
    `${payload}.`,
    payload,
    `${payload}.${mac}.${mac}`,
    `${payload}.${mac}=`,
  ];
  for (const token of forged) {
    assert.equal((await api.call(`/links/${token}`)).status, 404, token);
    assert.equal((await send(`/links/${token}`, { answer: 'approve' })).status, 404, token);
  }
  assert.equal(await statusOf(id), 'pending');
});

test('a link ends with its approval', async () => {
  const { id, path } = await ask();
  clock += 31 * 60_000;
  assert.equal((await api.call(path)).status, 404);
  assert.equal((await send(path, { answer: 'approve' })).status, 404);
  assert.equal(await statusOf(id), 'expired');
});

test('whoever left the group has no link any more; whoever is in it has', async () => {
  const { id, path } = await ask();
  const groups = (names: string[]) =>
    api.storage.db
      .updateTable('accounts')
      .set({ member_of: JSON.stringify(names) })
      .where('name', '=', 'lead')
      .execute();
  await groups(['sales']);
  assert.equal((await send(path, { answer: 'approve' })).status, 404);
  await groups(['ml-leads']);
  assert.equal((await send(path, { answer: 'approve' })).status, 200);
  assert.equal(await statusOf(id), 'granted');
});

test('a form of another page, of another kind, or with fields sent twice is refused', async () => {
  const { id, path } = await ask();
  assert.equal((await send(path, { answer: 'approve' }, { origin: 'https://evil.example' })).status, 403);
  assert.equal((await send(path, { answer: 'approve' }, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await send(path, { answer: 'approve', as: 'boss' })).status, 400);
  assert.equal((await api.call(path, { method: 'POST', body: { answer: 'approve' } })).status, 400);
  assert.equal(
    (await api.call(path, { method: 'POST', raw: 'answer=deny&answer=approve', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status,
    400,
  );
  assert.equal((await api.call(path, { method: 'PUT', raw: '' })).status, 404);
  assert.equal(await statusOf(id), 'pending');
  assert.equal((await send(path, { answer: 'approve' }, { origin: api.url })).status, 200);
});
