/** The auditor: reads, searches, follows, exports and verifies all of the record, and can do nothing else. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { readEventStream } from '../../src/cli/event-stream.ts';
import { signIn, type Api } from '../support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { callRaw, sendRaw } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const account = (name: string, ...groups: string[]) => ({ name, kind: 'person', groups, password: `the-password-of-${name}` }) as const;
const ACCOUNTS = [account('auditor', 'auditors'), account('scientist', 'data-science'), account('lead', 'leads'), account('stranger', 'data-science')];

let workbench: Workbench;
let gateway: GatewayProcess;
let auditor: Api;
let scientist: Api;
let stranger: Api;
let lead: Api;
let session = '';
let approval = '';

before(async () => {
  workbench = await startWorkbench();
  gateway = await startGatewayProcess({
    resources: [
      { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url, owners: ['group:leads'] },
      {
        kind: 'Policy',
        name: 'workbench',
        targets: ['workbench'],
        rules: [
          { name: 'echo', subjects: ['group:data-science'], allow: ['tools/call echo'] },
          {
            name: 'held',
            subjects: ['group:data-science'],
            review: ['tools/call held_write'],
            approval: { from: ['group:leads'], quorum: 1, reason: 'optional' },
          },
        ],
      },
    ],
    config: { audit: { auditors: ['group:auditors'] } },
    accounts: ACCOUNTS,
  });
  [auditor, scientist, lead, stranger] = (await Promise.all(['auditor', 'scientist', 'lead', 'stranger'].map(apiOf))) as [Api, Api, Api, Api];
  const token = await scientist.token('workbench');
  await callRaw(gateway.endpoint('workbench'), token, 'echo', { value: 'tasmania' });
  // Waits for people, which nobody here does.
  void callRaw(gateway.endpoint('workbench'), token, 'held_write', { key: 'kept' }).catch(() => {});
  approval = await until('the approval', async () => (await scientist.approvals())[0]?.id);
  session = await until('the session', async () => (await scientist.sessions())[0]?.id);
});

after(async () => {
  await gateway?.stop();
  await workbench?.close();
});

const apiOf = (name: string): Promise<Api> => signIn(gateway.url, name, `the-password-of-${name}`);
const get = async (api: Api, path: string): Promise<Readonly<Record<string, unknown>>> => (await (await api.raw(path)).json()) as Record<string, unknown>;
const post = (api: Api, path: string, body: object): Promise<Response> => api.raw(path, { method: 'POST', body: JSON.stringify(body) });
const kindsOf = (page: Readonly<Record<string, unknown>>): readonly string[] => (page['events'] as { kind: string }[]).map(({ kind }) => kind);

test('an auditor reads all sessions, searches, follows, exports and verifies; somebody else sees only what is their own', async () => {
  assert.equal((await get(auditor, 'me'))['reads'], 'all');
  assert.equal((await get(stranger, 'me'))['reads'], 'own');

  assert.deepEqual(
    (await auditor.sessions()).map(({ id }) => id),
    [session],
  );
  assert.match(JSON.stringify(await auditor.session(session)), /tasmania/);
  assert.deepEqual(await stranger.sessions(), []);
  assert.equal((await stranger.raw(`sessions/${session}`)).status, 404);

  assert.ok(kindsOf(await get(auditor, 'audit/search?text=tasmania')).includes('command.forwarded'));
  assert.deepEqual(kindsOf(await get(stranger, 'audit/search?text=tasmania')), []);
  // What concerns no target and nobody of hers.
  const all = kindsOf(await get(auditor, 'audit/search?limit=200'));
  for (const kind of ['policy.changed', 'signin.succeeded', 'session.opened', 'approval.requested']) assert.ok(all.includes(kind), kind);
  assert.ok(!kindsOf(await get(lead, 'audit/search?limit=200')).includes('policy.changed'), 'not even owners of targets');

  const exported = await (await auditor.raw('audit/export?format=jsonl&content=yes')).text();
  assert.match(exported, /tasmania/);
  assert.match(exported, /policy\.changed/);
  assert.doesNotMatch(await (await stranger.raw('audit/export?format=jsonl&content=yes')).text(), /tasmania/);

  assert.equal((await post(auditor, 'audit/verify', {})).status, 200);
  assert.equal((await auditor.raw('audit/sinks')).status, 200);
  for (const path of ['audit/sinks', 'audit/verify']) {
    const reply = path === 'audit/verify' ? await post(stranger, path, {}) : await stranger.raw(path);
    assert.equal(reply.status, 404, path);
  }
});

test('what an auditor follows is everything, as it comes', async () => {
  const abort = new AbortController();
  const response = await auditor.raw('audit/tail', { signal: abort.signal });
  assert.ok(response.body);
  const seen: string[] = [];
  for await (const event of readEventStream(response.body)) {
    if (event.event === 'open') void callRaw(gateway.endpoint('workbench'), await scientist.token('workbench'), 'echo', { value: 'followed' });
    else seen.push(event.data);
    if (seen.some((text) => text.includes('reply.received'))) break;
  }
  abort.abort();
  assert.ok(seen.some((text) => text.includes('scientist')));
});

test('each look of an auditor is recorded, and owners of the target see it', async () => {
  await get(auditor, 'audit/search?target=workbench');
  await auditor.session(session);
  const looks = await until('the looks', async () => {
    const { events } = await get(lead, 'audit/search?kind=recording.viewed&subject=auditor');
    return (events as object[]).length >= 2 ? (events as { target?: string }[]) : undefined;
  });
  assert.ok(looks.every(({ target }) => target === 'workbench'));
});

test('an auditor approves nothing, reaches no target, and changes nothing of the record', async () => {
  assert.deepEqual(await auditor.approvals('all'), []);
  for (const [path, body] of [
    [`approvals/${approval}/approve`, { reason: 'mine' }],
    [`approvals/${approval}/deny`, { reason: 'mine' }],
    [`sessions/${session}/erase`, { reason: 'mine' }],
    ['holds', { kind: 'target', name: 'workbench', reason: 'mine' }],
    ['holds/lift', { kind: 'target', name: 'workbench', reason: 'mine' }],
    ['locks', { kind: 'target', name: 'workbench', reason: 'mine' }],
    ['token', { target: 'workbench' }],
  ] as const)
    assert.ok([403, 404].includes((await post(auditor, path, body)).status), path);
  // A token of the configured issuer for somebody in that group.
  const token = await gateway.token({ sub: 'auditor', groups: ['auditors'] }, 'workbench');
  assert.equal((await sendRaw(gateway.endpoint('workbench'), token, 'tools/list')).status, 404);
  assert.deepEqual((await get(auditor, 'targets'))['targets'], []);
  assert.equal((await lead.answer(approval, 'deny')).status, 'denied');
});

test('holds are shown to an auditor, and are their owners’ to lift', async () => {
  assert.equal((await post(lead, 'holds', { kind: 'target', name: 'workbench', reason: 'case' })).status, 201);
  assert.equal(((await get(auditor, 'holds'))['holds'] as object[]).length, 1);
  assert.deepEqual((await get(stranger, 'holds'))['holds'], []);
  assert.equal((await post(auditor, 'holds/lift', { kind: 'target', name: 'workbench', reason: '' })).status, 404);
});

test('the command line tells an auditor so, and searches all of the record', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-auditor-'));
  t.after(() => rm(home, { recursive: true }));
  const run = async (command: string): Promise<string> => {
    const cli = join(import.meta.dirname, '../../bin/sallyport');
    const { stdout } = await promisify(execFile)('sh', ['-c', command.replaceAll('sallyport', `'${cli}'`)], {
      env: { ...process.env, SALLYPORT_HOME: home },
    });
    return stdout;
  };
  await run(`printf %s 'the-password-of-auditor' | sallyport login --url ${gateway.url} --name auditor --password-stdin`);
  assert.match(await run('sallyport whoami'), /^record +may read all of it$/m);
  assert.match(await run('sallyport audit search tasmania'), /scientist/);
  assert.match(await run('sallyport sessions list'), new RegExp(session));
});
