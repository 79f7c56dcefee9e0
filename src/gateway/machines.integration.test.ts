/** Jobs that bring a token of their CI: what it becomes, for whom, and what it never becomes. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signIn, type Api } from '../../test/support/api.ts';
import { until } from '../../test/support/until.ts';
import { ACCESS, BEARER, EXCHANGE, JWT, PASSWORD, SECRET, issued, payload, startMachineRig, type MachineRig } from '../../test/support/machines.ts';

let rig: MachineRig;
let owner: Api;

before(async () => {
  rig = await startMachineRig();
  owner = await signIn(rig.url, 'owner', PASSWORD);
});

after(() => rig?.close());

const post = (api: Api, path: string, body: object): Promise<Response> => api.raw(path, { method: 'POST', body: JSON.stringify(body) });

describe('a job’s own token', () => {
  test('becomes one of ours for one target, which says what it is and ends soon', async () => {
    const answer = await rig.exchange(await rig.ciToken());
    const token = issued(answer);
    assert.deepEqual([answer.json['token_type'], answer.json['issued_token_type']], ['Bearer', ACCESS]);
    assert.ok(Number(answer.json['expires_in']) <= 300);
    const { sub, kind, name, groups, aud } = payload(token);
    assert.deepEqual(
      { sub, kind, name, groups, aud },
      { sub: 'release/repo:acme/models:ref:refs/heads/main', kind: 'workload', name: 'release', groups: ['ci'], aud: rig.resource() },
    );
    assert.ok(await rig.runs(token));
    assert.ok(!(await rig.runs(token, 'write', { key: 'k' })));
  });

  test('does so by RFC 7523, too, and with the target’s name as the audience', async () => {
    assert.ok(await rig.runs(issued(await rig.ask({ grant_type: BEARER, assertion: await rig.ciToken(), resource: rig.resource() }))));
    assert.ok(await rig.runs(issued(await rig.ask({ grant_type: EXCHANGE, subject_token: await rig.ciToken(), subject_token_type: JWT, audience: 'bench' }))));
  });

  for (const [says, claims, why] of [
    ['another repository', { repository: 'acme/website' }, 'release: repository is acme/website'],
    ['a pull request from a fork', { ref: 'refs/pull/3/merge', event_name: 'pull_request' }, 'release: ref is refs/pull/3/merge'],
    ['a pull request’s run on the default branch', { event_name: 'pull_request_target' }, 'release: event_name is pull_request_target'],
    ['another audience', { aud: 'elsewhere' }, 'not for this gateway alone'],
    ['an end in the past', { exp: 1 }, 'the token has expired'],
    ['another issuer', { iss: 'https://mallory.example' }, 'from an issuer that is not accepted here'],
  ] as const)
    test(`with ${says} is refused, and the record says why`, async () => {
      issued(await rig.exchange(await rig.ciToken()));
      const { status, json } = await rig.exchange(await rig.ciToken(claims));
      assert.deepEqual([status, json['error'], json['access_token']], [400, 'invalid_grant', undefined]);
      // The caller is not told what a rule asks for.
      assert.ok(!String(json['error_description']).includes('release:'));
      await until('the record', async () => ((await rig.recorded()).some((text) => text.includes(why)) ? true : undefined));
    });

  test('counts once for a target', async () => {
    const token = await rig.ciToken();
    issued(await rig.exchange(token));
    assert.match(String((await rig.exchange(token)).json['error_description']), /exchanged for this target before/);
  });

  test('of one workload gives nothing on another’s target, whose tokens give nothing here', async () => {
    const docs = { repository: 'acme/docs', sub: 'repo:acme/docs:ref:refs/heads/main' };
    assert.equal((await rig.exchange(await rig.ciToken(), { resource: rig.resource('other') })).json['error'], 'invalid_target');
    assert.equal((await rig.exchange(await rig.ciToken(), { resource: rig.resource('nothing') })).json['error'], 'invalid_target');
    const other = issued(await rig.exchange(await rig.ciToken(docs), { resource: rig.resource('other') }));
    assert.ok(await rig.runs(other, 'echo', { value: 'x' }, 'other'));
    assert.ok(!(await rig.runs(other)));
  });

  test('names its target, once, and asks for nothing but an access token', async () => {
    const token = await rig.ciToken();
    const form = { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT };
    assert.equal((await rig.ask(form)).json['error'], 'invalid_request');
    assert.equal((await rig.ask({ ...form, resource: 'https://elsewhere.example/mcp/bench' })).json['error'], 'invalid_target');
    assert.equal((await rig.ask({ ...form, resource: rig.resource(), audience: 'other' })).json['error'], 'invalid_target');
    assert.equal((await rig.exchange(token, { requested_token_type: `${JWT}x` })).json['error'], 'invalid_request');
    assert.equal((await rig.exchange(token, { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' })).json['error'], 'invalid_request');
    issued(await rig.exchange(token));
  });

  test('is nobody once its workload is locked, and what it got before is worth nothing', async () => {
    const docs = { repository: 'acme/docs' };
    const token = issued(await rig.exchange(await rig.ciToken(docs), { resource: rig.resource('other') }));
    const lock = await post(owner, 'locks', { kind: 'subject', name: 'workload:docs', reason: 'stolen' });
    assert.ok(lock.ok, await lock.text());
    await until('the lock', async () => ((await rig.runs(token, 'echo', { value: 'x' }, 'other')) ? undefined : true));
    assert.match(String((await rig.exchange(await rig.ciToken(docs), { resource: rig.resource('other') })).json['error_description']), /locked/);
  });
});

test('the grants are announced where clients look for them', async () => {
  const metadata = (await (await fetch(`${rig.url}/.well-known/oauth-authorization-server`)).json()) as Record<string, string[]>;
  for (const grant of [EXCHANGE, BEARER, 'client_credentials']) assert.ok(metadata['grant_types_supported']?.includes(grant), grant);
});

test('no token, assertion or secret is in the log or in the record', async () => {
  const token = await rig.ciToken();
  const answer = issued(await rig.exchange(token));
  const record = await rig.recorded();
  assert.ok(record.join('').includes('token.issued'));
  for (const secret of [token, answer, SECRET]) for (const text of [rig.gateway.output(), ...record]) assert.ok(!text.includes(secret.slice(-40)));
});
