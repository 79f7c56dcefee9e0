/** AI agents that act for people: what both may, as long as both may. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signIn, type Api } from '../../test/support/api.ts';
import { until } from '../../test/support/until.ts';
import { ACCESS, EXCHANGE, PASSWORD, issued, payload, startMachineRig, type MachineRig } from '../../test/support/machines.ts';

let rig: MachineRig;
let ann: Api;
let owner: Api;

before(async () => {
  rig = await startMachineRig();
  [ann, owner] = await Promise.all([signIn(rig.url, 'ann', PASSWORD), signIn(rig.url, 'owner', PASSWORD)]);
});

after(() => rig?.close());

const post = (api: Api, path: string, body: object): Promise<Response> => api.raw(path, { method: 'POST', body: JSON.stringify(body) });

describe('an AI agent for a person', () => {
  const pair = (person: string, agent: string, more: Readonly<Record<string, string>> = {}) =>
    rig.exchange(person, { subject_token_type: ACCESS, actor_token: agent, actor_token_type: ACCESS, ...more });

  test('gets what both may, and no more than either', async () => {
    const person = await ann.token('bench');
    const token = issued(await pair(person, issued(await rig.own('helper'))));
    const { sub, kind, act } = payload(token) as { sub: string; kind: string; act: Record<string, unknown> };
    assert.deepEqual([sub, kind, act['sub'], act['kind']], ['ann', 'person', 'helper', 'ai-agent']);
    assert.ok(await rig.runs(token));
    // The person alone may write, the agent alone may ask for much: together they may do neither.
    assert.ok(await rig.runs(person, 'write', { key: 'by ann' }));
    assert.ok(await rig.runs(issued(await rig.own('helper')), 'big', { bytes: 3 }));
    assert.ok(!(await rig.runs(token, 'write', { key: 'by the agent' })));
    assert.ok(!(await rig.runs(token, 'big', { bytes: 3 })));
    assert.ok(!rig.workbench.written.includes('by the agent'));
  });

  test('with its own proof of who it is, and with no other’s', async () => {
    const [person, agent] = [await ann.token('bench'), issued(await rig.own('helper'))];
    assert.ok(await rig.runs(issued(await pair(person, agent, await rig.proof('helper')))));
    assert.equal((await pair(person, agent, await rig.proof('other'))).json['error'], 'unauthorized_client');
  });

  test('takes both tokens, one of each kind, for one target', async () => {
    const [person, agent] = [await ann.token('bench'), issued(await rig.own('helper'))];
    const both = issued(await pair(person, agent));
    for (const [says, answer, error] of [
      ['a person without an agent', await rig.exchange(person, { subject_token_type: ACCESS }), 'invalid_request'],
      [
        'an agent without a person',
        await rig.ask({ grant_type: EXCHANGE, actor_token: agent, actor_token_type: ACCESS, resource: rig.resource() }),
        'invalid_request',
      ],
      ['an agent of no kind', await rig.exchange(person, { subject_token_type: ACCESS, actor_token: agent }), 'invalid_request'],
      ['a kind without an agent', await rig.exchange(person, { subject_token_type: ACCESS, actor_token_type: ACCESS }), 'invalid_request'],
      ['them the other way round', await pair(agent, person), 'invalid_grant'],
      ['the agent for itself', await pair(agent, agent), 'invalid_grant'],
      ['an actor that acts already', await pair(person, both), 'invalid_grant'],
      ['a person who is acted for already', await pair(both, agent), 'invalid_grant'],
      ['a token of another target', await pair(person, agent, { resource: rig.resource('other') }), 'invalid_grant'],
      ['a job as the actor', await pair(person, issued(await rig.exchange(await rig.ciToken()))), 'invalid_grant'],
    ] as const)
      assert.deepEqual([answer.json['error'], answer.json['access_token']], [error, undefined], says);
  });

  test('acts for nobody who has not allowed it', async () => {
    const guest = await signIn(rig.url, 'bob', PASSWORD);
    const answer = await pair(await guest.token('bench'), issued(await rig.own('helper')));
    assert.deepEqual([answer.json['error'], answer.json['access_token']], ['unauthorized_client', undefined]);
    issued(await pair(await ann.token('bench'), issued(await rig.own('helper'))));
  });

  test('ends with either: the person’s sign-in, or a lock of one of them', async () => {
    const again = await signIn(rig.url, 'ann', PASSWORD);
    const token = issued(await pair(await again.token('bench'), issued(await rig.own('helper'))));
    const unaffected = issued(await pair(await ann.token('bench'), issued(await rig.own('other'))));
    assert.ok(await rig.runs(token));
    assert.ok((await post(again, 'sign-out', {})).ok);
    await until('the end', async () => ((await rig.runs(token)) ? undefined : true));
    assert.ok(await rig.runs(unaffected));
    assert.ok((await post(owner, 'locks', { kind: 'subject', name: 'ai-agent:other', reason: 'odd' })).ok);
    await until('the lock', async () => ((await rig.runs(unaffected)) ? undefined : true));
    assert.match(String((await rig.own('other')).json['error_description']), /locked/);
  });
});
