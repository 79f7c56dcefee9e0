import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SignJWT } from 'jose';
import { signIn, type Api } from '../../test/support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../../test/support/gateway.ts';
import { callRaw } from '../../test/support/raw.ts';
import { until } from '../../test/support/until.ts';
import { startWorkbench, type Workbench } from '../../test/support/workbench.ts';
import { signTestToken, startTestIssuer, testKey, type TestIssuer, type TestKey } from '../identity/test-issuer.ts';

const SECRET = randomBytes(24).toString('hex');
const password = randomBytes(12).toString('hex');
const ACCOUNTS = [
  { name: 'ann', kind: 'person' as const, groups: ['staff'], password },
  { name: 'bob', kind: 'person' as const, groups: ['guests'], password },
  { name: 'owner', kind: 'person' as const, groups: ['owners'], password },
];

let ci: TestIssuer;
let ciKey: TestKey;
let agentKey: TestKey;
let workbench: Workbench;
let gateway: GatewayProcess;
let url: string;
let ann: Api;
let owner: Api;

before(async () => {
  [ciKey, agentKey, workbench] = await Promise.all([testKey('ci', 'RS256'), testKey('agent', 'ES256'), startWorkbench()]);
  ci = await startTestIssuer([ciKey]);
  ci.replies.set('/agent-keys', (response) => void response.end(JSON.stringify({ keys: [agentKey.jwk] })));
  const target = (name: string) => ({ kind: 'Target', name, protocol: 'mcp', address: workbench.url, owners: ['group:owners'] });
  gateway = await startGatewayProcess({
    accounts: ACCOUNTS,
    env: { NIGHTLY_SECRET: SECRET, SHORT_SECRET: 'short' },
    config: {
      identity: {
        workloads: [
          { name: 'release', issuer: ci.url, audience: 'sallyport', match: { repository: 'acme/models', ref: 'refs/heads/main' }, groups: ['ci'] },
          { name: 'docs', issuer: ci.url, audience: 'sallyport', match: { repository: 'acme/docs' } },
        ],
        clients: [
          { id: 'nightly', kind: 'workload', groups: ['ci'], secret: { env: 'NIGHTLY_SECRET' } },
          { id: 'careless', kind: 'workload', groups: ['ci'], secret: { env: 'SHORT_SECRET' } },
          { id: 'helper', kind: 'ai-agent', groups: ['agents'], keys: { url: `${ci.url}/agent-keys` }, actsFor: ['group:staff'] },
          { id: 'other', kind: 'ai-agent', groups: ['agents'], keys: { url: `${ci.url}/agent-keys` }, actsFor: ['group:staff'] },
        ],
        providers: [{ name: 'acme', oidc: { issuer: ci.url, clientId: 'x', assertions: 'accept', groups: { missing: 'none' } } }],
      },
    },
    resources: [
      target('bench'),
      target('other'),
      {
        kind: 'Policy',
        name: 'bench',
        targets: ['bench'],
        rules: [
          { name: 'ci', subjects: ['group:ci'], allow: ['tools/list', 'tools/call echo'] },
          { name: 'staff', subjects: ['group:staff'], allow: ['tools/list', 'tools/call echo', 'tools/call write'] },
          { name: 'agents', subjects: ['group:agents'], allow: ['tools/list', 'tools/call echo', 'tools/call big'] },
          { name: 'guests', subjects: ['group:guests'], allow: ['tools/list'] },
          { name: 'assured', subjects: ['person:cara@acme.example'], allow: ['tools/list', 'tools/call echo'] },
        ],
      },
      { kind: 'Policy', name: 'other', targets: ['other'], rules: [{ name: 'docs', subjects: ['workload:docs'], allow: ['*'] }] },
    ],
  });
  ({ url } = gateway);
  [ann, owner] = await Promise.all([signIn(url, 'ann', password), signIn(url, 'owner', password)]);
});

after(async () => {
  await gateway?.stop();
  await Promise.all([ci?.close(), workbench?.close()]);
});

interface Answer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

async function ask(form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const body = new URLSearchParams(form);
  const response = await fetch(`${url}/oauth/token`, { method: 'POST', body, headers });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }; // an object of JSON, by RFC 6749
}

const seconds = (): number => Math.floor(Date.now() / 1000);
const run = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: ci.url,
  aud: 'sallyport',
  sub: 'repo:acme/models:ref:refs/heads/main',
  repository: 'acme/models',
  ref: 'refs/heads/main',
  event_name: 'push',
  iat: seconds(),
  exp: seconds() + 300,
  jti: randomUUID(),
  ...more,
});
const ciToken = (more: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> =>
  signTestToken({ key: ciKey, claims: run(more), header });

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const resource = (target = 'bench'): string => `${url}/mcp/${target}`;

const exchange = (token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask({ grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT, resource: resource(), ...more });

/** private_key_jwt, as RFC 7523 has it. */
async function proof(id: string, key = agentKey, audience = url): Promise<Record<string, string>> {
  const assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key.privateKey);
  return { client_id: id, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion };
}
const post = (api: Api, path: string, body: object): Promise<Response> => api.raw(path, { method: 'POST', body: JSON.stringify(body) });
const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` });
const own = async (id: string, target = 'bench'): Promise<Answer> =>
  ask({ grant_type: 'client_credentials', resource: resource(target), ...(await proof(id)) });
const issued = ({ status, json }: Answer): string => {
  assert.equal(status, 200, JSON.stringify(json));
  return String(json['access_token']);
};
const payload = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

/** Whether a call with this token runs. */
async function runs(token: string, tool = 'echo', args: object = { value: 'x' }, target = 'bench'): Promise<boolean> {
  const reply = await callRaw(resource(target), token, tool, args);
  return reply.status === 200 && !/"isError":true|"error":/.test(reply.text);
}

/** All files of the journal. */
async function recorded(): Promise<readonly string[]> {
  const journal = join(gateway.folder, 'data', 'journal');
  const files = (await readdir(journal, { recursive: true })).filter((name) => /\.\w+$/.test(name));
  return Promise.all(files.map((name) => readFile(join(journal, name), 'latin1').catch(() => '')));
}

describe('a job’s own token', () => {
  test('becomes one of ours for one target, which says what it is and ends soon', async () => {
    const answer = await exchange(await ciToken());
    const token = issued(answer);
    assert.deepEqual([answer.json['token_type'], answer.json['issued_token_type']], ['Bearer', ACCESS]);
    assert.ok(Number(answer.json['expires_in']) <= 300);
    const { sub, kind, name, groups, aud } = payload(token);
    assert.deepEqual(
      { sub, kind, name, groups, aud },
      { sub: 'release/repo:acme/models:ref:refs/heads/main', kind: 'workload', name: 'release', groups: ['ci'], aud: resource() },
    );
    assert.ok(await runs(token));
    assert.ok(!(await runs(token, 'write', { key: 'k' })));
  });

  test('does so by RFC 7523, too, and with the target’s name as the audience', async () => {
    assert.ok(await runs(issued(await ask({ grant_type: BEARER, assertion: await ciToken(), resource: resource() }))));
    assert.ok(await runs(issued(await ask({ grant_type: EXCHANGE, subject_token: await ciToken(), subject_token_type: JWT, audience: 'bench' }))));
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
      issued(await exchange(await ciToken()));
      const { status, json } = await exchange(await ciToken(claims));
      assert.deepEqual([status, json['error'], json['access_token']], [400, 'invalid_grant', undefined]);
      // The caller is not told what a rule asks for.
      assert.ok(!String(json['error_description']).includes('release:'));
      await until('the record', async () => ((await recorded()).some((text) => text.includes(why)) ? true : undefined));
    });

  test('counts once for a target', async () => {
    const token = await ciToken();
    issued(await exchange(token));
    assert.match(String((await exchange(token)).json['error_description']), /exchanged for this target before/);
  });

  test('of one workload gives nothing on another’s target, whose tokens give nothing here', async () => {
    const docs = { repository: 'acme/docs', sub: 'repo:acme/docs:ref:refs/heads/main' };
    assert.equal((await exchange(await ciToken(), { resource: resource('other') })).json['error'], 'invalid_target');
    assert.equal((await exchange(await ciToken(), { resource: resource('nothing') })).json['error'], 'invalid_target');
    const other = issued(await exchange(await ciToken(docs), { resource: resource('other') }));
    assert.ok(await runs(other, 'echo', { value: 'x' }, 'other'));
    assert.ok(!(await runs(other)));
  });

  test('names its target, once, and asks for nothing but an access token', async () => {
    const token = await ciToken();
    const form = { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT };
    assert.equal((await ask(form)).json['error'], 'invalid_request');
    assert.equal((await ask({ ...form, resource: 'https://elsewhere.example/mcp/bench' })).json['error'], 'invalid_target');
    assert.equal((await ask({ ...form, resource: resource(), audience: 'other' })).json['error'], 'invalid_target');
    assert.equal((await exchange(token, { requested_token_type: `${JWT}x` })).json['error'], 'invalid_request');
    assert.equal((await exchange(token, { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' })).json['error'], 'invalid_request');
    issued(await exchange(token));
  });

  test('is nobody once its workload is locked, and what it got before is worth nothing', async () => {
    const docs = { repository: 'acme/docs' };
    const token = issued(await exchange(await ciToken(docs), { resource: resource('other') }));
    const lock = await post(owner, 'locks', { kind: 'subject', name: 'workload:docs', reason: 'stolen' });
    assert.ok(lock.ok, await lock.text());
    await until('the lock', async () => ((await runs(token, 'echo', { value: 'x' }, 'other')) ? undefined : true));
    assert.match(String((await exchange(await ciToken(docs), { resource: resource('other') })).json['error_description']), /locked/);
  });
});

describe('a configured client', () => {
  test('gets tokens for itself by its key', async () => {
    const token = issued(await own('helper'));
    const { sub, kind, groups } = payload(token);
    assert.deepEqual({ sub, kind, groups }, { sub: 'helper', kind: 'ai-agent', groups: ['agents'] });
    assert.ok(await runs(token));
  });

  test('or by its secret, and by no other', async () => {
    const form = { grant_type: 'client_credentials', resource: resource() };
    assert.ok(await runs(issued(await ask(form, basic('nightly', SECRET)))));
    for (const headers of [basic('nightly', `${SECRET}x`), basic('nightly', ''), basic('helper', SECRET), basic('nobody', SECRET), {}])
      assert.ok((await ask(form, headers)).status >= 400);
  });

  test('whose secret is too short is not let in at all', async () => {
    assert.ok((await ask({ grant_type: 'client_credentials', resource: resource() }, basic('careless', 'short'))).status >= 400);
  });

  test('proves itself once by one assertion, which is signed by its key and for this gateway', async () => {
    const form = { grant_type: 'client_credentials', resource: resource() };
    const proven = await proof('helper');
    issued(await ask({ ...form, ...proven }));
    const stranger = await testKey('agent', 'ES256');
    for (const [says, bad] of [
      ['replayed', proven],
      ['another key', await proof('helper', stranger)],
      ['another audience', await proof('helper', agentKey, 'https://elsewhere.example')],
      ['another client', { ...(await proof('helper')), client_id: 'other' }],
      [
        'unsigned',
        { ...proven, client_assertion: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${proven['client_assertion']?.split('.')[1] ?? ''}.` },
      ],
    ] as const) {
      const { status, json } = await ask({ ...form, ...bad });
      assert.ok(
        status >= 400 && /^invalid_(?:client|request)$/.test(String(json['error'])) && json['access_token'] === undefined,
        `${says}: ${JSON.stringify(json)}`,
      );
    }
  });

  test('that registered itself is nobody by itself', async () => {
    const body = JSON.stringify({
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
    });
    const registered = await fetch(`${url}/oauth/register`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const client = (await registered.json()) as Record<string, string>;
    const answer = await ask({ grant_type: 'client_credentials', resource: resource() }, basic(client['client_id'] ?? 'x', client['client_secret'] ?? 'x'));
    assert.ok(answer.status >= 400 && answer.json['access_token'] === undefined, JSON.stringify(answer.json));
  });
});

describe('an AI agent for a person', () => {
  const pair = (person: string, agent: string, more: Readonly<Record<string, string>> = {}) =>
    exchange(person, { subject_token_type: ACCESS, actor_token: agent, actor_token_type: ACCESS, ...more });

  test('gets what both may, and no more than either', async () => {
    const person = await ann.token('bench');
    const token = issued(await pair(person, issued(await own('helper'))));
    const { sub, kind, act } = payload(token) as { sub: string; kind: string; act: Record<string, unknown> };
    assert.deepEqual([sub, kind, act['sub'], act['kind']], ['ann', 'person', 'helper', 'ai-agent']);
    assert.ok(await runs(token));
    // The person alone may write, the agent alone may ask for much: together they may do neither.
    assert.ok(await runs(person, 'write', { key: 'by ann' }));
    assert.ok(await runs(issued(await own('helper')), 'big', { bytes: 3 }));
    assert.ok(!(await runs(token, 'write', { key: 'by the agent' })));
    assert.ok(!(await runs(token, 'big', { bytes: 3 })));
    assert.ok(!workbench.written.includes('by the agent'));
  });

  test('with its own proof of who it is, and with no other’s', async () => {
    const [person, agent] = [await ann.token('bench'), issued(await own('helper'))];
    assert.ok(await runs(issued(await pair(person, agent, await proof('helper')))));
    assert.equal((await pair(person, agent, await proof('other'))).json['error'], 'unauthorized_client');
  });

  test('takes both tokens, one of each kind, for one target', async () => {
    const [person, agent] = [await ann.token('bench'), issued(await own('helper'))];
    const both = issued(await pair(person, agent));
    for (const [says, answer, error] of [
      ['a person without an agent', await exchange(person, { subject_token_type: ACCESS }), 'invalid_request'],
      ['an agent without a person', await ask({ grant_type: EXCHANGE, actor_token: agent, actor_token_type: ACCESS, resource: resource() }), 'invalid_request'],
      ['an agent of no kind', await exchange(person, { subject_token_type: ACCESS, actor_token: agent }), 'invalid_request'],
      ['a kind without an agent', await exchange(person, { subject_token_type: ACCESS, actor_token_type: ACCESS }), 'invalid_request'],
      ['them the other way round', await pair(agent, person), 'invalid_grant'],
      ['the agent for itself', await pair(agent, agent), 'invalid_grant'],
      ['an actor that acts already', await pair(person, both), 'invalid_grant'],
      ['a person who is acted for already', await pair(both, agent), 'invalid_grant'],
      ['a token of another target', await pair(person, agent, { resource: resource('other') }), 'invalid_grant'],
      ['a job as the actor', await pair(person, issued(await exchange(await ciToken()))), 'invalid_grant'],
    ] as const)
      assert.deepEqual([answer.json['error'], answer.json['access_token']], [error, undefined], says);
  });

  test('acts for nobody who has not allowed it', async () => {
    const guest = await signIn(url, 'bob', password);
    const answer = await pair(await guest.token('bench'), issued(await own('helper')));
    assert.deepEqual([answer.json['error'], answer.json['access_token']], ['unauthorized_client', undefined]);
    issued(await pair(await ann.token('bench'), issued(await own('helper'))));
  });

  test('ends with either: the person’s sign-in, or a lock of one of them', async () => {
    const again = await signIn(url, 'ann', password);
    const token = issued(await pair(await again.token('bench'), issued(await own('helper'))));
    const unaffected = issued(await pair(await ann.token('bench'), issued(await own('other'))));
    assert.ok(await runs(token));
    assert.ok((await post(again, 'sign-out', {})).ok);
    await until('the end', async () => ((await runs(token)) ? undefined : true));
    assert.ok(await runs(unaffected));
    assert.ok((await post(owner, 'locks', { kind: 'subject', name: 'ai-agent:other', reason: 'odd' })).ok);
    await until('the lock', async () => ((await runs(unaffected)) ? undefined : true));
    assert.match(String((await own('other')).json['error_description']), /locked/);
  });
});

describe('an identity assertion', () => {
  const assertion = (more: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> =>
    signTestToken({
      key: ciKey,
      claims: {
        iss: ci.url,
        sub: '00u7',
        email: 'cara@acme.example',
        email_verified: true,
        aud: url,
        resource: resource(),
        client_id: 'helper',
        jti: randomUUID(),
        iat: seconds(),
        exp: seconds() + 300,
        ...more,
      },
      header: { typ: 'oauth-id-jag+jwt', ...header },
    });
  const use = async (text: string, client = 'helper'): Promise<Answer> => ask({ grant_type: BEARER, assertion: text, ...(await proof(client)) });

  test('lets a client in for the person it names, without a browser, once', async () => {
    const text = await assertion();
    const token = issued(await use(text));
    const { sub, kind, name, idp } = payload(token);
    assert.deepEqual({ sub, kind, name, idp }, { sub: '00u7', kind: 'person', name: 'cara@acme.example', idp: ci.url });
    assert.ok(await runs(token));
    assert.match(String((await use(text)).json['error_description']), /used before/);
  });

  test('is refused to another client, for another target, of another kind, and to nobody in particular', async () => {
    issued(await use(await assertion()));
    for (const [says, answer] of [
      ['another client', await use(await assertion(), 'other')],
      ['made for another client', await use(await assertion({ client_id: 'other' }))],
      ['another resource', await use(await assertion({ resource: 'https://elsewhere.example/mcp/bench' }))],
      ['another target', await ask({ grant_type: BEARER, assertion: await assertion(), resource: resource('other'), ...(await proof('helper')) })],
      ['another audience', await use(await assertion({ aud: 'https://elsewhere.example' }))],
      ['an ID token', await use(await assertion({}, { typ: 'JWT' }))],
      ['expired', await use(await assertion({ exp: 1 }))],
      ['no client at all', await ask({ grant_type: BEARER, assertion: await assertion(), resource: resource() })],
      ['an unverified address', await use(await assertion({ sub: 'new', email_verified: false }))],
    ] as const)
      assert.ok(answer.status >= 400 && answer.json['access_token'] === undefined, `${says}: ${JSON.stringify(answer.json)}`);
  });
});

test('the grants are announced where clients look for them', async () => {
  const metadata = (await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json()) as Record<string, string[]>;
  for (const grant of [EXCHANGE, BEARER, 'client_credentials']) assert.ok(metadata['grant_types_supported']?.includes(grant), grant);
});

test('no token, assertion or secret is in the log or in the record', async () => {
  const token = await ciToken();
  const answer = issued(await exchange(token));
  const record = await recorded();
  assert.ok(record.join('').includes('token.issued'));
  for (const secret of [token, answer, SECRET]) for (const text of [gateway.output(), ...record]) assert.ok(!text.includes(secret.slice(-40)));
});
