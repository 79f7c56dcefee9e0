import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challenge, metadataAt } from './resource-metadata.ts';

const options = { url: 'https://gw.example', issuers: ['https://idp.example'], oauth: 'off' } as const;
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

test('the metadata of a target names its exact URL and the configured issuers', () => {
  assert.deepEqual(metadataAt(options, `${WELL_KNOWN}/mcp/models`, ['models']), {
    resource: 'https://gw.example/mcp/models',
    authorization_servers: ['https://idp.example'],
    bearer_methods_supported: ['header'],
    resource_name: 'models',
  });
});

test('where the gateway is an OAuth server, clients are sent to it alone, and told its scopes; a refresh token is nothing to ask for', () => {
  const document = metadataAt({ ...options, oauth: 'on' }, `${WELL_KNOWN}/mcp/models`, ['models']);
  assert.deepEqual(document?.authorization_servers, ['https://gw.example']);
  assert.deepEqual(document.scopes_supported, ['mcp:read', 'mcp:write']);
});

test('whether a target exists is not told: any well-formed name is answered alike', () => {
  assert.equal(metadataAt(options, `${WELL_KNOWN}/mcp/nothing`, ['models'])?.resource, 'https://gw.example/mcp/nothing');
  for (const path of ['/mcp/', '/mcp/a/b', '/mcp/..', '/mcp/%2e', '/mcp/a"b', '/mcpx/models', '/', `/mcp/${'a'.repeat(200)}`]) {
    assert.equal(metadataAt(options, `${WELL_KNOWN}${path}`, ['models']), undefined, path);
  }
});

test('the root form answers where one target is all there is', () => {
  assert.equal(metadataAt(options, WELL_KNOWN, ['models'])?.resource, 'https://gw.example/mcp/models');
  assert.equal(metadataAt(options, WELL_KNOWN, []), undefined);
  assert.equal(metadataAt(options, WELL_KNOWN, ['models', 'payroll']), undefined);
});

test('a challenge names an error only where a token was sent, and nothing breaks out of its quotes', () => {
  const metadata = 'resource_metadata="https://gw.example/.well-known/oauth-protected-resource/mcp/models"';
  assert.equal(challenge(options.url, 'models'), `Bearer ${metadata}`);
  assert.equal(
    challenge(options.url, 'models', { error: { code: 'invalid_token', reason: 'a "bad"\r\nthing' } }),
    `Bearer error="invalid_token", error_description="a badthing", ${metadata}`,
  );
  assert.equal(
    challenge(options.url, 'models', { scope: 'mcp:read mcp:write', scheme: 'DPoP' }),
    `DPoP scope="mcp:read mcp:write", algs="ES256 EdDSA Ed25519", ${metadata}`,
  );
  assert.equal(challenge(options.url, 'a"\r\nb'), 'Bearer resource_metadata="https://gw.example/.well-known/oauth-protected-resource"');
});
