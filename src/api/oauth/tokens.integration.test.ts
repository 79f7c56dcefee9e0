import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { isAuthenticated } from '../../identity/outcome.ts';
import { authorize, authorizeUrl, connect, makeVerifier, REDIRECT, startOAuthRig, type OAuthRig } from './testing.ts';

let rig: OAuthRig;

before(async () => {
  rig = await startOAuthRig();
});

after(() => rig?.close());

const works = async (token: string): Promise<boolean> => isAuthenticated(await rig.authenticator.authenticate(`Bearer ${token}`, 'models'));
const refresh = (clientId: string, token: string, more: Readonly<Record<string, string>> = {}) =>
  rig.token({ grant_type: 'refresh_token', client_id: clientId, refresh_token: token, ...more });

describe('a refresh token', () => {
  test('gives a new pair each time; used twice it ends all that came of the grant', async () => {
    const { clientId, refreshToken, accessToken } = await connect(rig);
    const second = await refresh(clientId, refreshToken);
    assert.equal(second.status, 200, second.text);
    const [newAccess, newRefresh] = [String(second.json['access_token']), String(second.json['refresh_token'])];
    assert.notEqual(newRefresh, refreshToken);
    assert.ok(await works(newAccess));

    assert.equal((await refresh(clientId, refreshToken)).json['error'], 'invalid_grant');
    assert.deepEqual([await works(accessToken), await works(newAccess)], [false, false]);
    assert.equal((await refresh(clientId, newRefresh)).json['error'], 'invalid_grant');
  });

  test('used twice at the same moment gives one answer at most, and nothing that lasts', async () => {
    const { clientId, refreshToken } = await connect(rig);
    const both = await Promise.all([refresh(clientId, refreshToken), refresh(clientId, refreshToken)]);
    assert.ok(both.some(({ status }) => status === 400));
    for (const { json } of both) if (typeof json['access_token'] === 'string') assert.equal(await works(json['access_token']), false);
  });

  test('is of one client and one target, and asks for no more than it was given', async () => {
    const { clientId, refreshToken } = await connect(rig, 'scientist', { scope: 'mcp:read' });
    const other = String((await rig.register())['client_id']);
    assert.equal((await refresh(other, refreshToken)).json['error'], 'invalid_grant');
    assert.equal((await refresh(clientId, refreshToken, { resource: `${rig.api.url}/mcp/payroll` })).json['error'], 'invalid_target');
    assert.equal((await refresh(clientId, refreshToken, { resource: 'https://evil.example/mcp/models' })).json['error'], 'invalid_target');
    assert.equal((await refresh(clientId, refreshToken, { scope: 'mcp:read mcp:write' })).json['error'], 'invalid_scope');
    const answer = await refresh(clientId, refreshToken, { resource: `${rig.api.url}/mcp/models/` });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json['scope'], 'mcp:read');
  });

  test('of a person who is gone gives nothing', async () => {
    const { clientId, refreshToken } = await connect(rig, 'colleague');
    rig.gone.add('colleague');
    assert.equal((await refresh(clientId, refreshToken)).json['error'], 'invalid_grant');
    rig.gone.delete('colleague');
  });

  test('of an account that was removed gives nothing to one that was made anew by its name', async () => {
    const { clientId, refreshToken } = await connect(rig, 'colleague');
    const first = await refresh(clientId, refreshToken);
    assert.equal(first.status, 200, first.text);
    const madeAt = (created_at: number) => rig.api.storage.db.updateTable('accounts').set({ created_at }).where('name', '=', 'colleague').execute();
    await madeAt(Date.now() + 1000);
    assert.equal((await refresh(clientId, String(first.json['refresh_token']))).json['error'], 'invalid_grant');
    await madeAt(0);
  });
});

describe('revocation', () => {
  const revoke = (form: Readonly<Record<string, string>>) => fetch(`${rig.api.url}/oauth/revoke`, { method: 'POST', body: new URLSearchParams(form) });

  for (const kind of ['access', 'refresh'] as const) {
    test(`of ${kind === 'access' ? 'an access' : 'a refresh'} token ends the grant, with every token of it`, async () => {
      const { clientId, accessToken, refreshToken } = await connect(rig);
      assert.ok(await works(accessToken));
      const reply = await revoke({ client_id: clientId, token: kind === 'access' ? accessToken : refreshToken });
      assert.equal(reply.status, 200);
      assert.equal(await works(accessToken), false);
      assert.equal((await refresh(clientId, refreshToken)).json['error'], 'invalid_grant');
    });
  }

  test('by another client changes nothing, and tells it nothing', async () => {
    const { accessToken, refreshToken, clientId } = await connect(rig);
    const other = String((await rig.register())['client_id']);
    for (const token of [accessToken, refreshToken, 'invented', `${accessToken}x`]) assert.equal((await revoke({ client_id: other, token })).status, 200);
    assert.ok(await works(accessToken));
    assert.equal((await refresh(clientId, refreshToken)).status, 200);
    assert.ok((await revoke({ token: accessToken })).status >= 400, 'nobody is nobody’s client');
    assert.ok(await works(accessToken));
  });
});

describe('a token that is bound to a key', () => {
  let key: CryptoKey;
  let jwk: JWK;
  let ids = 0;

  before(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    key = pair.privateKey;
    jwk = await exportJWK(pair.publicKey);
  });

  const prove = (url: string, token?: string, by = { key, jwk }): Promise<string> =>
    new SignJWT({
      htm: 'POST',
      htu: url,
      jti: `proof-${(ids += 1)}`,
      ...(token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: by.jwk })
      .setIssuedAt()
      .sign(by.key);
  const use = (token: string, proof: string | undefined, scheme = 'DPoP') =>
    rig.authenticator.authenticate(`${scheme} ${token}`, 'models', { proof, method: 'POST' });

  test('is used with a proof by that key, and by nobody who merely has the token', async () => {
    const { accessToken, answer } = await connect(rig, 'scientist', {}, { dpop: await prove(`${rig.api.url}/oauth/token`) });
    assert.equal(answer.json['token_type'], 'DPoP', answer.text);
    const resource = `${rig.api.url}/mcp/models`;
    assert.ok(isAuthenticated(await use(accessToken, await prove(resource, accessToken))));

    const pair = await generateKeyPair('ES256', { extractable: true });
    const thief = { key: pair.privateKey, jwk: await exportJWK(pair.publicKey) };
    const refused = [
      await use(accessToken, undefined),
      await use(accessToken, await prove(resource, accessToken), 'Bearer'),
      await rig.authenticator.authenticate(`Bearer ${accessToken}`, 'models'),
      await use(accessToken, await prove(resource, accessToken, thief)),
      await use(accessToken, await prove(resource)),
      await use(accessToken, await prove(`${rig.api.url}/mcp/payroll`, accessToken)),
      await use(accessToken, await prove(resource, 'another-token')),
    ];
    for (const outcome of refused) assert.ok(!isAuthenticated(outcome) && outcome.scheme === 'DPoP', JSON.stringify(outcome));
  });

  test('is used with a proof once', async () => {
    const { accessToken } = await connect(rig, 'scientist', {}, { dpop: await prove(`${rig.api.url}/oauth/token`) });
    const proof = await prove(`${rig.api.url}/mcp/models`, accessToken);
    assert.ok(isAuthenticated(await use(accessToken, proof)));
    assert.ok(!isAuthenticated(await use(accessToken, proof)));
  });

  test('a token that is bound to nothing is not made better by a proof', async () => {
    const { accessToken } = await connect(rig);
    assert.ok(!isAuthenticated(await use(accessToken, await prove(`${rig.api.url}/mcp/models`, accessToken))));
    assert.ok(await works(accessToken));
  });

  test('a proof of the token endpoint counts once, and a refresh token of a public client is bound as well', async () => {
    const proof = await prove(`${rig.api.url}/oauth/token`);
    const { clientId, refreshToken } = await connect(rig, 'scientist', {}, { dpop: proof });
    assert.equal((await refresh(clientId, refreshToken)).json['error'], 'invalid_grant', 'without the key');
    const replayed = await rig.token({ grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }, { dpop: proof });
    assert.equal(replayed.status, 400, replayed.text);
    const fresh = await rig.token(
      { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken },
      { dpop: await prove(`${rig.api.url}/oauth/token`) },
    );
    assert.equal(fresh.status, 200, fresh.text);
  });
});

test('a client that was let in to read gets a token that says so; one that asks for what there is not gets what there is', async () => {
  for (const [asked, given] of [
    ['mcp:read', 'mcp:read'],
    ['openid profile mcp:read', 'mcp:read'],
    ['files:read', 'mcp:read mcp:write'],
    [undefined, 'mcp:read mcp:write'],
  ] as const) {
    const { accessToken, answer } = await connect(rig, 'scientist', { scope: asked });
    assert.equal(answer.json['scope'], given);
    const outcome = await rig.authenticator.authenticate(`Bearer ${accessToken}`, 'models');
    assert.ok(isAuthenticated(outcome) && outcome.scope === given);
  }
});

test('what is issued and what is refused is on record, without codes, tokens, verifiers or secrets', async () => {
  const { accessToken, refreshToken, clientId } = await connect(rig);
  const { verifier, challenge } = makeVerifier();
  const back = await authorize(await rig.browser('scientist'), authorizeUrl(rig, clientId, challenge));
  const code = back.searchParams.get('code') ?? '';
  await rig.token({ grant_type: 'authorization_code', client_id: clientId, code, code_verifier: 'wrong'.repeat(10), redirect_uri: REDIRECT });
  const events = rig.api.events.filter(({ client }) => client?.id === clientId);
  const kinds = new Set(events.map(({ kind }) => kind));
  assert.deepEqual([...kinds].toSorted(), ['consent.given', 'token.issued', 'token.refused']);
  const issued = events.find(({ kind }) => kind === 'token.issued');
  assert.deepEqual([issued?.subject?.name, issued?.target], ['scientist', 'models']);
  const text = JSON.stringify([rig.api.events, rig.api.reports]);
  for (const secret of [accessToken, refreshToken, code, verifier, accessToken.split('.')[2] ?? 'x']) assert.ok(!text.includes(secret));
});

test('the database gives nobody a code or a token', async () => {
  const { refreshToken, clientId } = await connect(rig);
  const secret = await rig.register({ token_endpoint_auth_method: 'client_secret_post' });
  const rows = JSON.stringify(await rig.api.storage.db.selectFrom('oauth_records').selectAll().execute());
  assert.ok(!rows.includes(refreshToken));
  assert.equal(typeof secret['client_secret'], 'string');
  assert.ok(!rows.includes(String(secret['client_secret'])));
  assert.ok(rows.includes(clientId), 'the client is there');
});
