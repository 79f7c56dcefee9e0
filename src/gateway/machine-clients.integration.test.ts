/** Clients of the configuration, for themselves and for people whom a provider vouches for. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { signTestToken, testKey } from '../identity/test-issuer.ts';
import { BEARER, SECRET, issued, payload, seconds, startMachineRig, type Answer, type MachineRig } from '../../test/support/machines.ts';

let rig: MachineRig;

before(async () => {
  rig = await startMachineRig();
});

after(() => rig?.close());

const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` });

describe('a configured client', () => {
  test('gets tokens for itself by its key', async () => {
    const token = issued(await rig.own('helper'));
    const { sub, kind, groups } = payload(token);
    assert.deepEqual({ sub, kind, groups }, { sub: 'helper', kind: 'ai-agent', groups: ['agents'] });
    assert.ok(await rig.runs(token));
  });

  test('or by its secret, and by no other', async () => {
    const form = { grant_type: 'client_credentials', resource: rig.resource() };
    assert.ok(await rig.runs(issued(await rig.ask(form, basic('nightly', SECRET)))));
    for (const headers of [basic('nightly', `${SECRET}x`), basic('nightly', ''), basic('helper', SECRET), basic('nobody', SECRET), {}])
      assert.ok((await rig.ask(form, headers)).status >= 400);
  });

  test('whose secret is too short is not let in at all', async () => {
    assert.ok((await rig.ask({ grant_type: 'client_credentials', resource: rig.resource() }, basic('careless', 'short'))).status >= 400);
  });

  test('proves itself once by one assertion, which is signed by its key and for this gateway', async () => {
    const form = { grant_type: 'client_credentials', resource: rig.resource() };
    const proven = await rig.proof('helper');
    issued(await rig.ask({ ...form, ...proven }));
    const stranger = await testKey('agent', 'ES256');
    for (const [says, bad] of [
      ['replayed', proven],
      ['another key', await rig.proof('helper', stranger)],
      ['another audience', await rig.proof('helper', rig.agentKey, 'https://elsewhere.example')],
      ['another client', { ...(await rig.proof('helper')), client_id: 'other' }],
      [
        'unsigned',
        { ...proven, client_assertion: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${proven['client_assertion']?.split('.')[1] ?? ''}.` },
      ],
    ] as const) {
      const { status, json } = await rig.ask({ ...form, ...bad });
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
    const registered = await fetch(`${rig.url}/oauth/register`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const client = (await registered.json()) as Record<string, string>;
    const answer = await rig.ask(
      { grant_type: 'client_credentials', resource: rig.resource() },
      basic(client['client_id'] ?? 'x', client['client_secret'] ?? 'x'),
    );
    assert.ok(answer.status >= 400 && answer.json['access_token'] === undefined, JSON.stringify(answer.json));
  });
});

describe('an identity assertion', () => {
  const assertion = (more: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> =>
    signTestToken({
      key: rig.ciKey,
      claims: {
        iss: rig.ci.url,
        sub: '00u7',
        email: 'cara@acme.example',
        email_verified: true,
        aud: rig.url,
        resource: rig.resource(),
        client_id: 'helper',
        jti: randomUUID(),
        iat: seconds(),
        exp: seconds() + 300,
        ...more,
      },
      header: { typ: 'oauth-id-jag+jwt', ...header },
    });
  const use = async (text: string, client = 'helper'): Promise<Answer> => rig.ask({ grant_type: BEARER, assertion: text, ...(await rig.proof(client)) });

  test('lets a client in for the person it names, without a browser, once', async () => {
    const text = await assertion();
    const token = issued(await use(text));
    const { sub, kind, name, idp } = payload(token);
    assert.deepEqual({ sub, kind, name, idp }, { sub: '00u7', kind: 'person', name: 'cara@acme.example', idp: rig.ci.url });
    assert.ok(await rig.runs(token));
    assert.match(String((await use(text)).json['error_description']), /used before/);
  });

  test('is refused to another client, for another target, of another kind, and to nobody in particular', async () => {
    issued(await use(await assertion()));
    for (const [says, answer] of [
      ['another client', await use(await assertion(), 'other')],
      ['made for another client', await use(await assertion({ client_id: 'other' }))],
      ['another resource', await use(await assertion({ resource: 'https://elsewhere.example/mcp/bench' }))],
      ['another target', await rig.ask({ grant_type: BEARER, assertion: await assertion(), resource: rig.resource('other'), ...(await rig.proof('helper')) })],
      ['another audience', await use(await assertion({ aud: 'https://elsewhere.example' }))],
      ['an ID token', await use(await assertion({}, { typ: 'JWT' }))],
      ['expired', await use(await assertion({ exp: 1 }))],
      ['no client at all', await rig.ask({ grant_type: BEARER, assertion: await assertion(), resource: rig.resource() })],
      ['an unverified address', await use(await assertion({ sub: 'new', email_verified: false }))],
    ] as const)
      assert.ok(answer.status >= 400 && answer.json['access_token'] === undefined, `${says}: ${JSON.stringify(answer.json)}`);
  });
});
