import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isAuthenticated } from '../../identity/outcome.ts';
import { readMetadata } from '../../identity/oauth/client-metadata.ts';
import { authorize, authorizeUrl, makeVerifier, startOAuthRig, type OAuthRig } from './testing.ts';

/** Documents as these clients publish them; Cursor's is that of its registration. */
const CLAUDE_CODE = 'https://claude.ai/oauth/claude-code-client-metadata';
const VS_CODE = 'https://vscode.dev/oauth/client-metadata.json';
const EVIL = 'https://evil.example/client.json';
const DOCUMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  [CLAUDE_CODE]: {
    client_id: CLAUDE_CODE,
    client_name: 'Claude Code',
    client_uri: 'https://claude.ai',
    redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  [VS_CODE]: {
    client_id: VS_CODE,
    client_name: 'Visual Studio Code',
    redirect_uris: ['http://127.0.0.1/', 'http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  // Says that it is somebody else.
  [EVIL]: { client_id: CLAUDE_CODE, client_name: 'Claude Code', redirect_uris: ['https://evil.example/callback'], token_endpoint_auth_method: 'none' },
  'https://evil.example/secret.json': {
    client_id: 'https://evil.example/secret.json',
    redirect_uris: ['https://evil.example/callback'],
    token_endpoint_auth_method: 'client_secret_post',
    client_secret: 'shared',
  },
};

let rig: OAuthRig;
const fetched: string[] = [];

before(async () => {
  rig = await startOAuthRig({
    // What the guarded way out would bring; it has tests of its own.
    fetchDocument: (address) => {
      fetched.push(address);
      const document = DOCUMENTS[address];
      if (!document) return Promise.reject(new Error('nothing there'));
      const { client_secret: secret } = document;
      return Promise.resolve(Response.json({ ...readMetadata(document), ...(secret === undefined ? {} : { client_secret: secret }) }));
    },
  });
});

after(() => rig?.close());

async function connectAs(clientId: string, redirect: string, more: Readonly<Record<string, string | undefined>> = {}) {
  const { verifier, challenge } = makeVerifier();
  const url = authorizeUrl(rig, clientId, challenge, { redirect_uri: redirect, ...more });
  const back = await authorize(await rig.browser('scientist'), url);
  const code = back.searchParams.get('code') ?? '';
  return rig.token({ grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier, redirect_uri: redirect });
}

describe('clients that describe themselves by a document', () => {
  const accepted: readonly (readonly [string, string, string])[] = [
    ['Claude Code', CLAUDE_CODE, 'http://localhost:51234/callback'],
    ['Claude Code on 127.0.0.1', CLAUDE_CODE, 'http://127.0.0.1:51234/callback'],
    ['VS Code at its port', VS_CODE, 'http://127.0.0.1:33418/'],
    ['VS Code at another port', VS_CODE, 'http://127.0.0.1:40001/'],
    ['VS Code in a browser', VS_CODE, 'https://vscode.dev/redirect'],
  ];
  for (const [name, id, redirect] of accepted) {
    test(`${name} gets a token, without a scope asked for`, async () => {
      const answer = await connectAs(id, redirect, { scope: undefined });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(typeof answer.json['refresh_token'], 'string');
      const outcome = await rig.authenticator.authenticate(`Bearer ${String(answer.json['access_token'])}`, 'models');
      assert.ok(isAuthenticated(outcome));
      assert.equal(outcome.clientId, id);
    });
  }

  test('the page names the host that vouches for them', async () => {
    const browser = await rig.browser('scientist');
    const begun = await browser.get(authorizeUrl(rig, CLAUDE_CODE, makeVerifier().challenge, { redirect_uri: 'http://localhost:1/callback' }));
    const page = await browser.get(begun.headers.location ?? '');
    assert.match(page.text, /<td>claude\.ai<\/td>/);
    assert.doesNotMatch(page.text, /not verified/);
  });

  test('one that says it is another, one with a secret, and one that is not there are refused on a page of ours', async () => {
    for (const id of [EVIL, 'https://evil.example/secret.json', 'https://nobody.example/client.json']) {
      const browser = await rig.browser('scientist');
      const begun = await browser.get(authorizeUrl(rig, id, makeVerifier().challenge, { redirect_uri: 'https://evil.example/callback' }));
      assert.equal(begun.status, 400, id);
      assert.equal(begun.headers.location, undefined);
    }
  });

  test('an id that is no proper address is not fetched', async () => {
    const before_ = fetched.length;
    for (const id of [
      'http://client.example/x',
      'https://user@client.example/x',
      'https://client.example/a/../b',
      'https://client.example/#x',
      'ftp://client.example/',
    ]) {
      const browser = await rig.browser('scientist');
      const begun = await browser.get(authorizeUrl(rig, id, makeVerifier().challenge));
      assert.equal(begun.status, 400, id);
    }
    assert.deepEqual(fetched.slice(before_), []);
  });

  test('a redirect that the document does not name is refused', async () => {
    const browser = await rig.browser('scientist');
    for (const redirect of ['https://evil.example/callback', 'http://localhost:5/other', 'http://localhost.evil.example/callback']) {
      const begun = await browser.get(authorizeUrl(rig, CLAUDE_CODE, makeVerifier().challenge, { redirect_uri: redirect }));
      assert.equal(begun.status, 400);
    }
  });
});

describe('clients that register themselves', () => {
  test('Cursor, with a scheme of its own and scopes of others', async () => {
    const redirect = 'cursor://anysphere.cursor-retrieval/oauth/user-abc/callback';
    const { client_id: id, token_endpoint_auth_method: method } = await rig.register({
      client_name: 'Cursor',
      redirect_uris: [redirect],
      scope: 'openid profile',
      token_endpoint_auth_method: undefined,
    });
    assert.equal(method, 'none');
    assert.equal((await connectAs(String(id), redirect)).status, 200);
  });

  test('a web client gets a secret, and nothing without it', async () => {
    const { client_id: id, client_secret: secret } = await rig.register({ token_endpoint_auth_method: 'client_secret_post' });
    const refused = await connectAs(String(id), 'https://app.example/callback');
    assert.equal(refused.json['error'], 'invalid_client');
    const { verifier, challenge } = makeVerifier();
    const back = await authorize(await rig.browser('scientist'), authorizeUrl(rig, String(id), challenge));
    const form = {
      grant_type: 'authorization_code',
      client_id: String(id),
      code: back.searchParams.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: 'https://app.example/callback',
    };
    assert.equal((await rig.token({ ...form, client_secret: 'wrong' })).json['error'], 'invalid_client');
    assert.equal((await rig.token({ ...form, client_secret: String(secret) })).status, 200);
  });

  test('are refused where they ask to be sent elsewhere, or are no JSON', async () => {
    for (const redirect of ['http://app.example/', 'javascript:alert(1)', 'https://a.example/#x']) {
      const reply = await rig.register({ redirect_uris: [redirect] });
      assert.equal(reply['error'], 'invalid_redirect_uri', redirect);
    }
    assert.equal((await rig.register({ redirect_uris: 'https://a.example/' }))['error'], 'invalid_redirect_uri');
    for (const body of ['', 'x', '[]', '{"redirect_uris":["https://a.example/"],"redirect_uris":[]}', `{"x":"${'x'.repeat(70_000)}"}`]) {
      const reply = await fetch(`${rig.api.url}/oauth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      assert.equal(reply.status, 400, body.slice(0, 20));
    }
  });

  test('name places to read keys from, and these are asked by the guarded way out only when they have to be', async () => {
    const before_ = fetched.length;
    const { client_id: id } = await rig.register({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://10.0.0.5/jwks.json',
      logo_uri: 'https://10.0.0.5/logo.png',
    });
    assert.deepEqual(fetched.slice(before_), []);
    const assertion = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from(JSON.stringify({ sub: id, iss: id, aud: rig.api.url, jti: 'x', exp: 4e9 })).toString('base64url')}.AAAA`;
    const answer = await rig.token({
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    });
    assert.equal(answer.status >= 400 && answer.status < 500, true, answer.text);
    assert.deepEqual(fetched.slice(before_), ['https://10.0.0.5/jwks.json'], 'nothing but the keys, and by the way that refuses such addresses');
  });

  test('are limited by address', async () => {
    const statuses: number[] = [];
    for (let nth = 0; nth < 90; nth += 1) {
      const body = JSON.stringify({ redirect_uris: ['https://a.example/'], token_endpoint_auth_method: 'none' });
      statuses.push((await fetch(`${rig.api.url}/oauth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status);
    }
    assert.equal(statuses.at(-1), 429);
    assert.ok((await rig.register())['client_id'], 'from another address it goes on');
  });
});
