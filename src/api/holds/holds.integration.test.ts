import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openHolds } from '../../audit/holds.ts';
import type { SessionSummary } from '../../audit/session-summary.ts';
import { SallyportError } from '../../core/error.ts';
import { newId } from '../../core/id.ts';
import { openStorage, type Storage } from '../../storage/storage.ts';
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
const erased: string[] = [];
const kinds: string[] = [];

let api: TestApi;
let storage: Storage;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-holds-'));
  storage = await openStorage({ url: join(folder, 'db') });
  const holds = openHolds({ storage, recorder: { append: (event) => Promise.resolve(void kinds.push(event.kind)) } });
  api = await startTestApi({
    holds,
    recordings: {
      list: () => Promise.resolve({ sessions: [session] }),
      find: (which) => Promise.resolve(which === id ? session : undefined),
      read: () => Promise.resolve(undefined),
      erase: async (which, reason, by) => {
        if ((await holds.list()).length > 0) throw new SallyportError('conflict', 'a legal hold keeps it');
        erased.push(`${which} ${reason} ${by.name}`);
      },
      verify: () => Promise.resolve({ ok: true }),
      sinks: () => Promise.resolve([]),
    },
  });
});
after(async () => {
  await Promise.all([api.close(), storage.close()]);
  await rm(folder, { recursive: true });
});

const post = async (name: string, path: string, body: object) => api.call(path, { method: 'POST', body, headers: await api.signIn(name) });

test('owners place and lift holds on their targets and sessions, and both are recorded; to others there is nothing to hold', async () => {
  for (const held of [
    { kind: 'session', name: id, reason: 'case 7' },
    { kind: 'target', name: 'models' },
  ]) {
    for (const name of ['scientist', 'lead', 'ci']) assert.equal((await post(name, '/api/holds', held)).status, 404, name);
    assert.equal((await post('owner', '/api/holds', held)).status, 201);
    assert.equal((await post('owner', '/api/holds', held)).status, 409);
  }
  assert.equal((await post('owner', '/api/holds', { kind: 'target', name: 'payroll' })).status, 404);
  assert.deepEqual((await api.call('/api/holds', { headers: await api.signIn('scientist') })).json, { holds: [] });
  const listed = (await api.call('/api/holds', { headers: await api.signIn('owner') })).json['holds'];
  assert.partialDeepStrictEqual(listed, [
    { kind: 'session', name: id, reason: 'case 7', by: 'owner' },
    { kind: 'target', name: 'models', reason: '' },
  ]);

  assert.equal((await post('owner', `/api/sessions/${id}/erase`, { reason: 'asked' })).status, 409);
  assert.equal((await post('scientist', '/api/holds/lift', { kind: 'session', name: id })).status, 404);
  assert.equal((await post('owner', '/api/holds/lift', { kind: 'session', name: id, reason: 'closed' })).status, 200);
  assert.equal((await post('owner', '/api/holds/lift', { kind: 'target', name: 'models' })).status, 200);
  assert.equal((await post('owner', '/api/holds/lift', { kind: 'target', name: 'models' })).status, 404);
  assert.deepEqual(kinds, ['hold.placed', 'hold.placed', 'hold.lifted', 'hold.lifted']);
});

test('an owner erases a session, and says why; its subject and others cannot', async () => {
  for (const name of ['scientist', 'lead', 'ci']) assert.equal((await post(name, `/api/sessions/${id}/erase`, { reason: 'x' })).status, 404, name);
  assert.equal((await post('owner', `/api/sessions/${newId()}/erase`, { reason: 'x' })).status, 404);
  for (const body of [{}, { reason: '' }, { reason: ' ' }]) assert.equal((await post('owner', `/api/sessions/${id}/erase`, body)).status, 400);
  assert.deepEqual(erased, []);
  assert.equal((await post('owner', `/api/sessions/${id}/erase`, { reason: 'asked by its subject' })).status, 200);
  assert.deepEqual(erased, [`${id} asked by its subject owner`]);
});
