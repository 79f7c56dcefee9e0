import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readMetadata } from './client-metadata.ts';

/** As these clients publish themselves (Claude Code and VS Code by document, Cursor by registration). */
const CLAUDE_CODE = {
  client_id: 'https://claude.ai/oauth/claude-code-client-metadata',
  client_name: 'Claude Code',
  client_uri: 'https://claude.ai',
  redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};
const VS_CODE = {
  client_id: 'https://vscode.dev/oauth/client-metadata.json',
  client_name: 'Visual Studio Code',
  logo_uri: 'https://vscode.dev/logo.png',
  redirect_uris: ['http://127.0.0.1/', 'http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};
const CURSOR = {
  client_name: 'Cursor',
  redirect_uris: ['cursor://anysphere.cursor-retrieval/oauth/user-abc/callback', 'https://www.cursor.com/agents/mcp/oauth/callback'],
  scope: 'openid profile email',
};

describe('clients in the field', () => {
  for (const [name, document] of Object.entries({ 'Claude Code': CLAUDE_CODE, 'VS Code': VS_CODE, Cursor: CURSOR })) {
    test(`${name} is native although it does not say so, and public`, () => {
      const read = readMetadata(document);
      assert.equal(read['application_type'], 'native');
      assert.equal(read['token_endpoint_auth_method'], 'none');
      assert.equal(read['scope'], 'mcp:read mcp:write');
      assert.deepEqual(read['redirect_uris'], document.redirect_uris);
    });
  }

  test('a web client stays one', () => {
    const read = readMetadata({ redirect_uris: ['https://claude.ai/api/mcp/auth_callback'] });
    assert.equal(read['application_type'], undefined);
    assert.deepEqual(read['grant_types'], ['authorization_code', 'refresh_token']);
  });
});

test('what a client may not say about itself is left out: scopes and grants of others, pictures, everything unknown', () => {
  const read = readMetadata({
    ...VS_CODE,
    scope: 'offline_access mcp:read admin',
    grant_types: ['client_credentials', 'authorization_code', 'implicit', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    sector_identifier_uri: 'https://10.0.0.1/x',
    backchannel_logout_uri: 'http://169.254.169.254/',
    __proto__: { admin: true },
  });
  assert.equal(read['scope'], 'mcp:read');
  assert.deepEqual(read['grant_types'], ['authorization_code']);
  for (const name of ['logo_uri', 'sector_identifier_uri', 'backchannel_logout_uri', 'admin']) assert.ok(!(name in read), name);
});

test('a redirect that leads elsewhere is refused, and so is what is no list of them', () => {
  for (const redirect_uris of [
    ['http://app.example/'],
    ['javascript:alert(1)'],
    ['https://a.example/#x'],
    'https://a.example/',
    [1],
    Array(21).fill('https://a.example/'),
  ]) {
    assert.throws(() => readMetadata({ redirect_uris }), { error: 'invalid_redirect_uri' });
  }
});
