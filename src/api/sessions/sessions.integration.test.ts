import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SessionSummary } from '../../audit/session-summary.ts';
import { makeEvent } from '../../core/event.ts';
import { newId } from '../../core/id.ts';
import type { SessionFilter } from '../deps.ts';
import { startTestApi, type TestApi } from '../testing.ts';

const id = newId();
const session: SessionSummary = {
  id,
  openedAt: '2026-11-21T12:00:00.000Z',
  lastAt: '2026-11-21T12:00:01.000Z',
  subject: 'scientist',
  subjectKind: 'person',
  target: 'models',
  client: 'test',
  commands: 1,
  refused: 0,
  masked: 0,
};
const subject = { kind: 'person', id: 'scientist', name: 'scientist', groups: [], issuer: 'local' };
let opener = subject;
const asked: SessionFilter[] = [];
let verifications = 0;

const SINK = {
  name: 'siem',
  kind: 'syslog',
  state: 'failing',
  writers: [{ writer: 'w1', position: 3, end: 5 }],
  lagEvents: 2,
  lagSeconds: 1.5,
  shipped: 3,
  retries: 4,
  rejected: 0,
  missed: 0,
  lastError: { at: '2026-01-01T00:00:00.000Z', message: 'nobody is there' },
} as const;

let api: TestApi;
before(async () => {
  api = await startTestApi({
    recordings: {
      list: (filter) => Promise.resolve({ sessions: asked.push(filter) > 0 ? [session] : [], next: 'more' }),
      read: (which) =>
        Promise.resolve(which === id ? { session, events: [{ event: makeEvent('session.opened', { session: id, subject: opener }), bodies: [] }] } : undefined),
      verify: () => Promise.resolve({ ok: true, verified: (verifications += 1) }),
      sinks: () => Promise.resolve([SINK]),
    },
  });
});
after(() => api.close());

test('a session is shown to its subject and to its target’s owners, and looking is recorded first', async () => {
  for (const name of ['scientist', 'owner']) {
    const reply = await api.call(`/api/sessions/${id}`, { headers: await api.signIn(name) });
    assert.equal(reply.status, 200);
    assert.deepEqual(reply.json['session'], session);
    const viewed = api.events.at(-1);
    assert.deepEqual([viewed?.kind, viewed?.subject?.name, viewed?.note], ['recording.viewed', name, `session ${id}`]);
  }
});

test('to everybody else it is the same as one that does not exist', async () => {
  for (const name of ['lead', 'colleague', 'ci']) {
    const headers = await api.signIn(name);
    const [hidden, absent] = [await api.call(`/api/sessions/${id}`, { headers }), await api.call(`/api/sessions/${newId()}`, { headers })];
    assert.deepEqual([hidden.status, hidden.text], [404, absent.text]);
  }
});

test('a subject of the same name from another issuer is somebody else', async () => {
  opener = { ...subject, issuer: 'https://idp.example' };
  assert.equal((await api.call(`/api/sessions/${id}`, { headers: await api.signIn('scientist') })).status, 404);
  opener = subject;
});

test('the list is asked for the viewer’s own sessions and those of targets it owns, within limits', async () => {
  const list = async (name: string, query = '') => api.call(`/api/sessions${query}`, { headers: await api.signIn(name) });
  assert.deepEqual((await list('owner', '?cursor=abc&limit=7')).json, { sessions: [session], next: 'more' });
  assert.partialDeepStrictEqual(asked.at(-1), { targets: ['models'], cursor: 'abc', limit: 7 });
  await list('scientist');
  assert.partialDeepStrictEqual(asked.at(-1), { targets: [], limit: 50, subject: { name: 'scientist' } });
  for (const query of ['?limit=0', '?limit=1000', '?limit=x', '?subject=lead']) assert.equal((await list('owner', query)).status, 400, query);
});

test('the record is verified for owners only', async () => {
  assert.deepEqual((await api.call('/api/audit/verify', { method: 'POST', headers: await api.signIn('owner') })).json, { ok: true, verified: 1 });
  assert.equal((await api.call('/api/audit/verify', { method: 'POST', headers: await api.signIn('scientist') })).status, 404);
  assert.equal(verifications, 1);
});

test('a decision is explained to the owners of its target, and to nobody else', async () => {
  const body = { subject: 'person:ann', groups: ['data-science'], target: 'models', command: 'tools/call update_deployment', args: { model: 'churn' } };
  const explain = async (name: string, more: object = {}) =>
    api.call('/api/policy/explain', { method: 'POST', body: { ...body, ...more }, headers: await api.signIn(name) });
  const held = await explain('owner');
  assert.deepEqual([held.json['effect'], held.json['rule']], ['review', 'changes-take-a-lead']);
  assert.equal((await explain('owner', { groups: [] })).json['effect'], 'deny');
  const [foreign, absent] = [await explain('owner', { target: 'payroll' }), await explain('owner', { target: 'nothing' })];
  assert.deepEqual([foreign.status, foreign.text], [404, absent.text]);
  assert.equal((await explain('scientist')).status, 404);
});

test('where the record goes, and what is wrong there, is told to owners of targets and to nobody else', async () => {
  const owner = await api.call('/api/audit/sinks', { headers: await api.signIn('owner') });
  assert.deepEqual([owner.status, owner.json], [200, { sinks: [SINK] }]);
  const scientist = await api.call('/api/audit/sinks', { headers: await api.signIn('scientist') });
  assert.equal(scientist.status, 404);
  assert.equal((await api.call('/api/audit/sinks')).status, 401);
});
