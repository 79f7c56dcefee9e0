import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeEvent } from '../../core/event.ts';
import { startTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let owner: Record<string, string>;
before(async () => {
  api = await startTestApi();
  owner = await api.signIn('owner');
});
after(() => api.close());

const post = (path: string, body: object, headers = owner) => api.call(`/api/policy/${path}`, { method: 'POST', body, headers });
const scientist = { subject: 'person:scientist', groups: ['data-science'], target: 'models' };

test('explain names a command as its protocol does: the handshake is open, an unknown method and a request of the server are not', async () => {
  const effect = async (command: string) => (await post('explain', { ...scientist, command })).json['effect'];
  assert.equal(await effect('tools/list'), 'allow');
  assert.equal(await effect('initialize'), 'allow');
  assert.equal(await effect('tools/call update_deployment'), 'review');
  assert.equal(await effect('shell/exec'), 'deny');
  assert.equal(await effect('sampling/createMessage'), 'deny');
});

test('explain tells the risk with its factors', async () => {
  const { risk } = (await post('explain', { ...scientist, command: 'tools/list' })).json as { risk: { score: number } };
  assert.deepEqual(risk, {
    score: 15,
    factors: [
      { name: 'read', points: 5 },
      { name: 'production', points: 10 },
    ],
  });
});

test('the rules in force are shown as they are written, with their version, of owned targets alone', async () => {
  const { policyVersion, targets } = (await api.call('/api/policy', { headers: owner })).json as {
    policyVersion: string;
    targets: readonly { target: string; owners: string[]; policies: { name: string; rules: object[]; masks: object[] }[] }[];
  };
  assert.equal(policyVersion, api.snapshot.version);
  assert.deepEqual(
    targets.map(({ target, owners, policies }) => [target, owners, policies.map(({ name }) => name)]),
    [['models', ['group:ml-platform'], ['models']]],
  );
  assert.deepEqual(targets[0]?.policies[0]?.rules[1], {
    name: 'changes-take-a-lead',
    subjects: ['group:data-science'],
    allow: [],
    review: ['tools/call update_*'],
    deny: [],
    approval: { from: ['group:ml-leads'], quorum: 1, pending: '30m', usable: '15m', reason: 'optional' },
  });
  for (const name of ['scientist', 'lead', 'ci']) assert.equal((await api.call('/api/policy', { headers: await api.signIn(name) })).status, 404, name);
});

test('who-can answers selector by selector', async () => {
  const { who } = (await post('who-can', { target: 'models', command: 'tools/call update_deployment' })).json as { who: { who: string; effect: string }[] };
  assert.deepEqual(
    who.map((one) => [one.who, one.effect]),
    [['group:data-science', 'review']],
  );
});

test('test runs cases against the policy in force', async () => {
  const cases = [
    { ...scientist, command: 'tools/list', expect: 'allow' },
    { ...scientist, command: 'tools/list', expect: { effect: 'deny' } },
  ];
  const report = (await post('test', { cases })).json;
  assert.deepEqual([report['passed'], report['failed']], [1, 1]);
  assert.equal((await post('test', { cases: [{ ...scientist, expect: 'allow' }] })).status, 400);
});

test('who does not own the target learns nothing of its rules', async () => {
  const other = await api.signIn('scientist');
  const question = { target: 'models', command: 'tools/list' };
  assert.equal((await post('explain', { ...question, subject: 'person:x' }, other)).status, 404);
  assert.equal((await post('who-can', question, other)).status, 404);
  const own = { ...question, subject: 'person:x', expect: 'deny' };
  assert.equal((await post('test', { cases: [own] }, other)).status, 404);
  assert.equal((await post('test', { cases: [own, { ...own, target: 'payroll' }] })).status, 404);
  assert.equal((await post('test', { cases: [own] })).status, 200);
});

test('simulate replays what was decided on owned targets against a changed policy, and puts nothing into force', async () => {
  const decision = {
    effect: 'allow',
    rule: 'scientists-list',
    reason: '',
    policyVersion: '',
    risk: { score: 5, factors: [{ name: 'read', points: 5 }] },
  } as const;
  const subject = { id: 'scientist', name: 'scientist', kind: 'person', groups: ['data-science'], issuer: 'local' };
  const command = { name: 'tools/list', digest: '', flags: [] };
  const asked: unknown[] = [];
  const past = await startTestApi({
    async *pastCommands(_since, targets) {
      asked.push([...targets]);
      yield await Promise.resolve({ event: makeEvent('command.forwarded', { subject, command, decision, target: 'models', protocol: 'mcp' }) });
    },
  });
  try {
    const headers = await past.signIn('owner');
    const simulate = (body: object, who = headers) => past.call('/api/policy/simulate', { method: 'POST', body, headers: who });
    assert.partialDeepStrictEqual((await simulate({})).json, { since: '30d', commands: 1, differing: 0 });
    const stricter = 'kind: Target\nname: models\nprotocol: mcp\naddress: http://h/mcp\n';
    const report = (await simulate({ since: '12h', resources: [{ file: 'a.yaml', text: stricter }] })).json;
    assert.partialDeepStrictEqual(report, { differing: 1, counts: { 'allow -> deny': 1 } });
    assert.deepEqual(asked, [['models'], ['models']]);
    assert.equal((await simulate({ resources: [{ file: 'a.yaml', text: 'kind: Nothing' }] })).status, 422);
    assert.equal((await simulate({ since: 'ever' })).status, 400);
    assert.equal((await simulate({}, await past.signIn('scientist'))).status, 404);
    assert.equal(past.snapshot.version, (await simulate({})).json['policyVersion']);
  } finally {
    await past.close();
  }
});
