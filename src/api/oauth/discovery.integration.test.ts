import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeProtectedHeader, importJWK, jwtVerify, type JWK } from 'jose';
import { connect, startOAuthRig, type OAuthRig } from './testing.ts';

let rig: OAuthRig;

before(async () => {
  rig = await startOAuthRig();
});

after(() => rig?.close());

const DOCUMENTS = ['oauth-authorization-server', 'openid-configuration'];

describe('the server’s description', () => {
  test('is found at the root, and inserted before and appended to a target’s path; everywhere it is the same', async () => {
    for (const document of DOCUMENTS) {
      const bodies = new Set<string>();
      for (const path of [
        `/.well-known/${document}`,
        `/.well-known/${document}/mcp/models`,
        `/.well-known/${document}/mcp/no-such-target`,
        `/mcp/models/.well-known/${document}`,
      ]) {
        const reply = await rig.api.call(path);
        assert.equal(reply.status, 200, path);
        assert.match(String(reply.headers['content-type']), /^application\/json/);
        bodies.add(reply.text);
      }
      assert.equal(bodies.size, 1);
    }
  });

  test('is nowhere else', async () => {
    const paths = [
      '/.well-known/oauth-authorization-server/',
      '/.well-known/oauth-authorization-server/other',
      '/.well-known/openid-configuration/mcp',
      '/.well-known/openid-configuration/mcp/a/b',
    ];
    for (const path of [
      ...paths,
      '/.well-known/openid-configuration/mcp/..',
      '/mcp/models/.well-known/other',
      '/oauth/.well-known/openid-configuration',
      '/oauth',
      '/oauth/introspect',
      '/oauth/userinfo',
      '/oauth/end-session',
    ])
      assert.equal((await rig.api.call(path, { headers: { accept: 'text/html' } })).status, 404, path);
  });

  test('says what MCP clients look for', async () => {
    const { json } = await rig.api.call('/.well-known/oauth-authorization-server');
    assert.equal(json['issuer'], rig.api.url);
    assert.deepEqual(json['code_challenge_methods_supported'], ['S256']);
    assert.deepEqual(json['response_types_supported'], ['code']);
    assert.deepEqual(json['response_modes_supported'], ['query']);
    assert.deepEqual(json['scopes_supported'], ['mcp:read', 'mcp:write']);
    assert.equal(json['client_id_metadata_document_supported'], true);
    assert.equal(json['authorization_response_iss_parameter_supported'], true);
    assert.deepEqual(json['token_endpoint_auth_methods_supported'], ['none', 'private_key_jwt', 'client_secret_basic', 'client_secret_post']);
    for (const [name, path] of Object.entries({
      authorization_endpoint: '/oauth/authorize',
      token_endpoint: '/oauth/token',
      registration_endpoint: '/oauth/register',
      revocation_endpoint: '/oauth/revoke',
      device_authorization_endpoint: '/oauth/device-authorization',
      pushed_authorization_request_endpoint: '/oauth/par',
      jwks_uri: '/oauth/jwks',
    }))
      assert.equal(json[name], `${rig.api.url}${path}`);
    for (const name of ['userinfo_endpoint', 'end_session_endpoint', 'introspection_endpoint']) assert.equal(json[name], undefined);
  });

  test('speaks of itself by the gateway’s URL, whatever a request says that it was sent to', async () => {
    const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' };
    const reply = await rig.api.call('/.well-known/openid-configuration', { headers });
    assert.equal(reply.json['issuer'], rig.api.url);
    assert.ok(!reply.text.includes('evil.example'));
    assert.equal((await rig.api.call('/.well-known/openid-configuration', { headers: { host: 'evil.example' } })).status, 403);
  });

  test('names the keys by which its tokens are verified, and gives no private one away', async () => {
    const { accessToken } = await connect(rig);
    const { json, text } = await rig.api.call('/oauth/jwks');
    const keys = json['keys'] as readonly JWK[];
    const { kid, typ } = decodeProtectedHeader(accessToken);
    assert.equal(typ, 'at+jwt');
    const key = keys.find((each) => each.kid === kid);
    assert.ok(key);
    const { payload } = await jwtVerify(accessToken, await importJWK(key, key.alg), { issuer: rig.api.url, audience: `${rig.api.url}/mcp/models` });
    assert.equal(payload['client_id'] !== undefined && payload.jti !== undefined, true);
    assert.ok(!/"d":/.test(text));
  });
});

test('the metadata of a target leads here', async () => {
  const { json } = await rig.api.call('/.well-known/oauth-protected-resource/mcp/models');
  assert.deepEqual(json['authorization_servers'], [rig.api.url]);
  assert.deepEqual(json['scopes_supported'], ['mcp:read', 'mcp:write']);
  assert.equal(JSON.stringify(json).includes('offline_access'), false);
});

test('without the server its addresses are not there', async () => {
  const { startTestApi } = await import('../testing.ts');
  const api = await startTestApi();
  for (const path of ['/.well-known/oauth-authorization-server', '/oauth/authorize', '/oauth/device', '/mcp/models/.well-known/openid-configuration'])
    assert.equal((await api.call(path, { headers: { accept: 'text/html' } })).status, 404, path);
  await api.close();
});
