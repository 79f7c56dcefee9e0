import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isAuthenticated } from '../../identity/outcome.ts';
import { authorize, authorizeUrl, connect, csrfOf, makeVerifier, REDIRECT, startOAuthRig, type OAuthRig } from './testing.ts';

let rig: OAuthRig;

before(async () => {
  rig = await startOAuthRig();
});

after(() => rig?.close());

/** A code that a person agreed to, and how it would be redeemed. */
async function makeCode(): Promise<Record<string, string>> {
  const clientId = String((await rig.register())['client_id']);
  const { verifier, challenge } = makeVerifier();
  const back = await authorize(await rig.browser('scientist'), authorizeUrl(rig, clientId, challenge));
  assert.equal(back.searchParams.get('iss'), rig.api.url);
  assert.equal(back.searchParams.get('state'), 'a-state');
  return { grant_type: 'authorization_code', client_id: clientId, code: back.searchParams.get('code') ?? '', code_verifier: verifier, redirect_uri: REDIRECT };
}

describe('a code', () => {
  test('is redeemed once: a second time it is refused, and what was issued for it ends', async () => {
    const form = await makeCode();
    const first = await rig.token(form);
    assert.equal(first.status, 200, first.text);
    const bearer = `Bearer ${String(first.json['access_token'])}`;
    assert.ok(isAuthenticated(await rig.authenticator.authenticate(bearer, 'models')));

    const second = await rig.token(form);
    assert.deepEqual([second.status, second.json['error']], [400, 'invalid_grant']);
    assert.ok(!isAuthenticated(await rig.authenticator.authenticate(bearer, 'models')));
    const refresh = await rig.token({ grant_type: 'refresh_token', client_id: form['client_id'] ?? '', refresh_token: String(first.json['refresh_token']) });
    assert.equal(refresh.json['error'], 'invalid_grant');
  });

  test('is redeemed by one of two that come at the same moment, and neither keeps anything', async () => {
    const form = await makeCode();
    const both = await Promise.all([rig.token(form), rig.token(form)]);
    assert.equal(both.filter(({ status }) => status === 200).length <= 1, true);
    for (const { json } of both) {
      if (typeof json['access_token'] === 'string')
        assert.ok(!isAuthenticated(await rig.authenticator.authenticate(`Bearer ${json['access_token']}`, 'models')));
    }
  });

  test('is worth nothing with another verifier, redirect, client or target', async () => {
    const other = String((await rig.register())['client_id']);
    const wrong: readonly Record<string, string>[] = [
      { code_verifier: makeVerifier().verifier },
      { code_verifier: '' },
      { redirect_uri: 'https://app.example/callback/' },
      { redirect_uri: '' },
      { client_id: other },
      { resource: `${rig.api.url}/mcp/payroll` },
      { code: 'invented' },
    ];
    for (const change of wrong) {
      const answer = await rig.token({ ...(await makeCode()), ...change });
      assert.equal(answer.status, 400, JSON.stringify(change));
      assert.equal(answer.json['access_token'], undefined);
    }
  });
});

test('who says no is believed: the client is told, and gets nothing', async () => {
  const clientId = String((await rig.register())['client_id']);
  const back = await authorize(await rig.browser('scientist'), authorizeUrl(rig, clientId, makeVerifier().challenge), 'deny');
  assert.equal(back.searchParams.get('error'), 'access_denied');
  assert.equal(back.searchParams.get('code'), null);
  assert.equal(back.searchParams.get('iss'), rig.api.url);
});

test('the page has what an answer needs in it, and its address alone has not', async () => {
  const clientId = String((await rig.register())['client_id']);
  const browser = await rig.browser('scientist');
  const begun = await browser.get(authorizeUrl(rig, clientId, makeVerifier().challenge));
  assert.notEqual(csrfOf((await browser.get(begun.headers.location ?? '')).text), '');
  const another = await rig.browser('scientist');
  assert.equal((await another.get(begun.headers.location ?? '')).status, 400);
});

test('a person gets no token for a target that is out of reach, and is told the same of one that does not exist', async () => {
  for (const target of ['payroll', 'nothing-like-it']) {
    const clientId = String((await rig.register())['client_id']);
    const url = authorizeUrl(rig, clientId, makeVerifier().challenge, { resource: `${rig.api.url}/mcp/${target}` });
    const back = await authorize(await rig.browser('scientist'), url);
    assert.equal(back.searchParams.get('error'), 'invalid_target');
    assert.equal(back.searchParams.get('error_description'), 'no such target, or you may not reach it');
  }
  assert.equal((await connect(rig)).answer.status, 200);
});
