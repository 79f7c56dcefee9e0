/** What documents and addresses of others try, on both sides: clients towards the gateway's OAuth server, targets towards the gateway. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { authorizeUrl, makeVerifier, REDIRECT, startOAuthRig, type OAuthRig } from '../../src/api/oauth/testing.ts';
import { discover } from '../../src/credential/connections/discovery.ts';
import { documentFetcher } from '../../src/identity/oauth/fetch-document.ts';
import { ask as askForReal, type Ask } from '../../src/network/ask.ts';
import { guardedLookup, type Lookup } from '../../src/network/guarded-lookup.ts';
import { listen } from '../support/listen.ts';

const TARGET = 'https://target.example/mcp';
const ISSUER = 'https://as.example';
const GOOD_SERVER = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  code_challenge_methods_supported: ['S256'],
};
const GOOD_RESOURCE = { resource: TARGET, authorization_servers: [ISSUER] };

/** A target and its server as they answer; whatever else is asked for goes the real, guarded way out. */
function world(pages: Readonly<Record<string, object>>, challenge?: string): { readonly ask: Ask; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    ask: (question) => {
      const page = pages[question.url];
      if (page) return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(page) });
      const { host } = new URL(question.url);
      if (host === 'target.example' || host === 'as.example')
        return Promise.resolve(
          question.url === TARGET && challenge !== undefined
            ? { status: 401, headers: { 'www-authenticate': challenge }, body: '' }
            : { status: 404, headers: {}, body: '' },
        );
      asked.push(question.url);
      return askForReal(question);
    },
  };
}

const RESOURCE_AT = 'https://target.example/.well-known/oauth-protected-resource/mcp';
const SERVER_AT = `${ISSUER}/.well-known/oauth-authorization-server`;
const INSIDE = [
  'http://169.254.169.254/latest/meta-data/',
  'https://169.254.169.254/x',
  'https://10.0.0.1/x',
  'https://127.0.0.1/x',
  'https://[::1]/x',
  'https://metadata.google.internal/x',
  'https://0x7f000001/x',
];

describe('a target that says where to sign in', () => {
  test('is believed as far as it speaks for itself', async () => {
    const { ask } = world({ [RESOURCE_AT]: GOOD_RESOURCE, [SERVER_AT]: GOOD_SERVER });
    assert.equal((await discover(TARGET, undefined, ask)).server.tokenEndpoint, `${ISSUER}/token`);
  });

  test('and points its challenge to where clouds keep credentials, or inside, is not followed', async () => {
    for (const url of INSIDE) {
      const { ask, asked } = world({}, `Bearer resource_metadata="${url}"`);
      await assert.rejects(discover(TARGET, undefined, ask), { code: 'credential_missing' });
      // Refused by its form, or by the guarded way out before a connection.
      assert.ok(asked.length <= 1, url);
    }
  });

  test('and names servers inside is not followed', async () => {
    for (const issuer of INSIDE) {
      const { ask } = world({ [RESOURCE_AT]: { ...GOOD_RESOURCE, authorization_servers: [issuer] } });
      await assert.rejects(discover(TARGET, undefined, ask), { code: 'credential_missing' }, issuer);
    }
  });

  test('and names a server that advertises no PKCE, or not the one that counts, is not used', async () => {
    for (const methods of [undefined, null, [], ['plain'], 'S256', ['s256']]) {
      const { ask } = world({ [RESOURCE_AT]: GOOD_RESOURCE, [SERVER_AT]: { ...GOOD_SERVER, code_challenge_methods_supported: methods } });
      await assert.rejects(discover(TARGET, undefined, ask), /PKCE/, JSON.stringify(methods));
    }
  });

  test('and names an endpoint without TLS is not used: no credential goes in the clear', async () => {
    for (const name of ['token_endpoint', 'authorization_endpoint', 'registration_endpoint', 'revocation_endpoint']) {
      const { ask } = world({ [RESOURCE_AT]: GOOD_RESOURCE, [SERVER_AT]: { ...GOOD_SERVER, [name]: 'http://as.example/x' } });
      await assert.rejects(discover(TARGET, undefined, ask), /without TLS/, name);
    }
  });

  test('and names a server that speaks for another is not used', async () => {
    for (const issuer of ['https://evil.example', `${ISSUER}/`, ISSUER.toUpperCase(), undefined]) {
      const { ask } = world({ [RESOURCE_AT]: GOOD_RESOURCE, [SERVER_AT]: { ...GOOD_SERVER, issuer } });
      await assert.rejects(discover(TARGET, undefined, ask), { code: 'credential_missing' }, String(issuer));
    }
  });
});

test('a name that answers with another address at the second look-up is connected to where it was checked, or not at all', async () => {
  const sequence = ['93.184.216.34', '10.0.0.1'];
  let looked = 0;
  const lookup: Lookup = (_host, _options, done) => done(null, [{ address: sequence[looked++] ?? '10.0.0.1', family: 4 }]);
  const dial = (): Promise<string> =>
    new Promise((resolve, reject) => {
      guardedLookup('public', lookup)('rb.example', {}, (error, address) => (error ? reject(error) : resolve(typeof address === 'string' ? address : '')));
    });
  assert.equal(await dial(), '93.184.216.34', 'the address that was checked is the one that is dialled');
  await assert.rejects(dial(), /may be reached/);
  await assert.rejects(documentFetcher({ lookup })('https://rb.example/client.json'), 'and a document is read by the same look-up');
});

describe('a client', () => {
  let rig: OAuthRig;

  before(async () => {
    rig = await startOAuthRig();
  });

  after(() => rig?.close());

  test('whose redirect only begins like the registered one is refused, and nobody is sent there', async () => {
    const clientId = String((await rig.register())['client_id']);
    const browser = await rig.browser('scientist');
    const at = (redirect: string) => browser.get(authorizeUrl(rig, clientId, makeVerifier().challenge, { redirect_uri: redirect }));
    assert.equal((await at(REDIRECT)).status, 303);
    const others = [
      `${REDIRECT}/../../evil`,
      `${REDIRECT}/..%2f..%2fevil`,
      `${REDIRECT}.evil`,
      `${REDIRECT}@evil.example`,
      `${REDIRECT}%00`,
      `${REDIRECT}#`,
      `${REDIRECT}?`,
      'https://app.example.evil.example/callback',
      'https://app.example:443/callback',
      'HTTPS://app.example/callback',
      ` ${REDIRECT}`,
    ];
    for (const redirect of others) {
      const answer = await at(redirect);
      assert.deepEqual([answer.status, answer.headers.location], [400, undefined], redirect);
    }
  });

  test('whose id leads inside is refused by the real way out, without a connection', async () => {
    let connections = 0;
    const inside = createServer().on('connection', () => void (connections += 1));
    const { port, close } = await listen(inside);
    const browser = await rig.browser('scientist');
    for (const id of [
      `https://127.0.0.1:${port}/client.json`,
      `https://localhost:${port}/client.json`,
      `https://[::ffff:127.0.0.1]:${port}/client.json`,

      'https://10.0.0.5/client.json',
      'https://127.0.0.1/client.json',
      'https://169.254.169.254/client.json',
      'https://[::1]/client.json',
      'https://[fd00::1]/x',
      'https://0x0a000005/client.json',
      'https://metadata.google.internal/client.json',
      'https://192.168.0.1:8443/a',
    ]) {
      const answer = await browser.get(authorizeUrl(rig, id, makeVerifier().challenge));
      assert.deepEqual([answer.status, answer.headers.location], [400, undefined], id);
    }
    await close();
    assert.equal(connections, 0);
  });
});
