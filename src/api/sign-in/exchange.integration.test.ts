import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Subject } from '../../core/subject.ts';
import { OWN_API } from '../../identity/audience.ts';
import { createAuthenticator } from '../../identity/authenticate.ts';
import { mintToken, type MintOptions } from '../../identity/mint.ts';
import { COMMAND_LINE } from '../../identity/oauth/command-line.ts';
import { signTestToken, startTestIssuer, testKey, type TestIssuer, type TestKey } from '../../identity/test-issuer.ts';
import { startTestApi, type Reply, type TestApi } from '../testing.ts';

const LEAD: Subject = { kind: 'person', id: 'lead', name: 'lead', groups: ['ml-leads'], issuer: 'local' };

let key: TestKey;
let issuer: TestIssuer;
let api: TestApi;

before(async () => {
  key = await testKey('ec', 'ES256');
  issuer = await startTestIssuer([key]);
  api = await startTestApi({
    providers: () => [],
    wire: ({ keys: own, url }) => {
      const configured = { issuer: issuer.url, audience: url, claims: { id: 'sub', name: 'name', groups: 'groups' }, kind: 'person' } as const;
      return { authenticator: createAuthenticator({ issuers: [configured], own, url }) };
    },
  });
});

after(async () => {
  await api?.close();
  await issuer?.close();
});

const exchange = (token: string): Promise<Reply> =>
  api.call('/api/sign-in/exchange', { method: 'POST', body: {}, headers: { authorization: `Bearer ${token}` } });

async function ownToken(more: Partial<MintOptions> = {}): Promise<string> {
  const minted = await mintToken({ keys: api.keys, subject: LEAD, target: OWN_API, url: api.url, ttlMs: 60_000, clientId: COMMAND_LINE, ...more });
  return minted.token;
}

async function meOf({ json }: Reply): Promise<unknown> {
  return (await api.call('/api/me', { headers: { authorization: `Bearer ${String(json['token'])}` } })).json['subject'];
}

describe('the end of a sign-in on the command line', () => {
  test('is a token of the gateway for its own API, and it counts once', async () => {
    const token = await ownToken();
    const first = await exchange(token);
    assert.equal(first.status, 200, first.text);
    assert.deepEqual(await meOf(first), { name: 'lead', kind: 'person', groups: ['ml-leads'] });
    assert.equal((await exchange(token)).status, 401);
  });

  test('is no token of an issuer, whatever that says of its client and of whom it is for', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const aud of [api.url, `${api.url}/mcp/${OWN_API}`, [api.url, `${api.url}/mcp/${OWN_API}`]]) {
      const claims = {
        iss: issuer.url,
        aud,
        sub: 'lead',
        name: 'lead',
        groups: ['ml-leads'],
        client_id: COMMAND_LINE,
        azp: COMMAND_LINE,
        iat: now,
        exp: now + 60,
      };
      const refused = await exchange(await signTestToken({ key, claims, header: { typ: 'at+jwt' } }));
      assert.deepEqual([refused.status, refused.json['token']], [401, undefined], JSON.stringify(aud));
    }
  });

  test('is no token of another client, for a target, or of somebody who is no person by themselves', async () => {
    const agent = { kind: 'ai-agent', id: 'helper', name: 'helper', groups: [], issuer: 'https://idp.example' } as const;
    for (const more of [
      { clientId: 'another' },
      { target: 'models' },
      { subject: { ...LEAD, kind: 'workload' } },
      { subject: { ...agent, onBehalfOf: LEAD } },
    ] as const)
      assert.equal((await exchange(await ownToken(more))).status, 401, JSON.stringify(more));
    assert.equal((await exchange(await ownToken())).status, 200);
  });
});
