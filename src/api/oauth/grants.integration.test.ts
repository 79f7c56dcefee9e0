import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import type { GrantRequest } from '../../identity/oauth/grants.ts';
import { isAuthenticated } from '../../identity/outcome.ts';
import { startOAuthRig, type OAuthRig } from './testing.ts';

const CI = { kind: 'workload', id: 'ci', name: 'ci', groups: [], issuer: 'local' } as const;
const OPEN = 'urn:example:open';
const CLOSED = 'urn:example:closed';

let rig: OAuthRig;
let key: CryptoKey;
const asked: GrantRequest[] = [];

before(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'a', alg: 'ES256', use: 'sig' }] };
  const robot = {
    client_id: 'robot',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks,
    grant_types: [CLOSED],
    redirect_uris: [],
    response_types: [],
  } as const;
  rig = await startOAuthRig({ clients: (id) => (id === 'robot' ? robot : undefined) });
  const handle = (request: GrantRequest) => {
    asked.push(request);
    const { word } = request.parameters;
    if (word !== 'open sesame') return Promise.resolve({ error: 'invalid_grant', description: 'that is not the word' } as const);
    return Promise.resolve({ subject: CI, target: request.target ?? 'models', ttlMs: 60 * 60_000, clientId: 'ci-of-a-repository' });
  };
  rig.oauth.addGrant({ type: OPEN, parameters: ['word'], client: 'none', handle });
  rig.oauth.addGrant({ type: CLOSED, parameters: ['word'], client: 'authenticated', handle });
});

after(() => rig?.close());

async function assertion(change: object = {}): Promise<Record<string, string>> {
  const payload = { iss: 'robot', sub: 'robot', aud: rig.api.url, jti: crypto.randomUUID(), ...change };
  const jwt = await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'a' }).setIssuedAt().setExpirationTime('1m').sign(key);
  return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: jwt };
}

describe('a grant that takes no client', () => {
  test('gives a token for who its handler says, for at most ten minutes, on record, and to be taken back', async () => {
    const answer = await rig.token({ grant_type: OPEN, word: 'open sesame', resource: `${rig.api.url}/mcp/models/`, other: 'x' });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual([answer.json['token_type'], answer.json['expires_in']], ['Bearer', 600]);
    const outcome = await rig.authenticator.authenticate(`Bearer ${String(answer.json['access_token'])}`, 'models');
    assert.ok(isAuthenticated(outcome));
    assert.deepEqual([outcome.subject.name, outcome.clientId, outcome.issued.through.length], ['ci', 'ci-of-a-repository', 1]);
    assert.deepEqual([asked.at(-1)?.parameters, asked.at(-1)?.target, asked.at(-1)?.client], [{ word: 'open sesame' }, 'models', undefined]);
    const issued = rig.api.events.filter(({ kind }) => kind === 'token.issued').at(-1);
    assert.deepEqual([issued?.subject?.name, issued?.target], ['ci', 'models']);
  });

  test('is refused where its handler refuses, and that is on record', async () => {
    const answer = await rig.token({ grant_type: OPEN, word: 'wrong' });
    assert.deepEqual([answer.status, answer.json['error'], answer.json['error_description']], [400, 'invalid_grant', 'that is not the word']);
    assert.match(String(rig.api.events.at(-1)?.note), /that is not the word/);
    assert.equal(rig.api.events.at(-1)?.kind, 'token.refused');
  });

  test('is refused for a target out of reach, one that is not there, one elsewhere, and a parameter sent twice', async () => {
    for (const resource of [`${rig.api.url}/mcp/payroll`, `${rig.api.url}/mcp/nothing`, 'https://evil.example/mcp/models', 'models']) {
      const answer = await rig.token({ grant_type: OPEN, word: 'open sesame', resource });
      assert.deepEqual(
        [answer.status, answer.json['error'], answer.json['error_description']],
        [400, 'invalid_target', 'no such target, or you may not reach it'],
        resource,
      );
    }
    for (const twice of ['word=open+sesame', 'grant_type=x']) {
      const body = `grant_type=${encodeURIComponent(OPEN)}&word=open+sesame&${twice}`;
      const reply = await fetch(`${rig.api.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
      assert.equal(reply.status, 400, twice);
    }
  });

  test('is no way in for a client that says who it is without being it', async () => {
    const answer = await rig.token({ grant_type: OPEN, word: 'open sesame', client_id: 'robot' });
    assert.equal(answer.status, 401, answer.text);
  });
});

describe('a grant for clients that prove who they are', () => {
  test('gives a token to a configured client with its key', async () => {
    const answer = await rig.token({ grant_type: CLOSED, word: 'open sesame', ...(await assertion()) });
    assert.equal(answer.status, 200, answer.text);
    const outcome = await rig.authenticator.authenticate(`Bearer ${String(answer.json['access_token'])}`, 'models');
    assert.ok(isAuthenticated(outcome) && outcome.clientId === 'robot');
    assert.equal(asked.at(-1)?.client?.id, 'robot');
  });

  test('gives nothing without it, with a used or foreign assertion, or to who registered by themselves', async () => {
    const used = await assertion();
    assert.equal((await rig.token({ grant_type: CLOSED, word: 'open sesame', ...used })).status, 200);
    const pair = await generateKeyPair('ES256');
    const forged = await new SignJWT({ iss: 'robot', sub: 'robot', aud: rig.api.url, jti: 'f' })
      .setProtectedHeader({ alg: 'ES256', kid: 'a' })
      .setExpirationTime('1m')
      .sign(pair.privateKey);
    const stranger = String((await rig.register({ grant_types: [CLOSED, 'authorization_code'] }))['client_id']);
    const wrong: readonly Record<string, string>[] = [
      {},
      { client_id: 'robot' },
      used,
      await assertion({ aud: 'https://evil.example' }),
      await assertion({ iss: 'another' }),
      { client_assertion_type: used['client_assertion_type'] ?? '', client_assertion: forged },
      { client_id: stranger },
    ];
    for (const form of wrong) {
      const answer = await rig.token({ grant_type: CLOSED, word: 'open sesame', ...form });
      assert.ok(answer.status === 400 || answer.status === 401, answer.text);
      assert.equal(answer.json['access_token'], undefined);
    }
  });

  test('is named in the server’s description', async () => {
    const { json } = await rig.api.call('/.well-known/oauth-authorization-server');
    assert.ok((json['grant_types_supported'] as readonly string[]).includes(CLOSED));
  });
});
