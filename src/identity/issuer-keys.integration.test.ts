import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createAuthenticator } from './authenticate.ts';
import { COOLDOWN_MS, USABLE_MS } from './issuer-keys.ts';
import { isAuthenticated } from './outcome.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';
import { joinToken, signTestToken, startTestIssuer, testKey, type TestIssuer, type TestKey } from './test-issuer.ts';

const URL = 'http://gw.test:7600';
const NOW = Date.parse('2026-11-21T12:00:00Z');
const SECONDS = NOW / 1000;

let keys: { readonly ec: TestKey; readonly ed: TestKey };
let own: SigningKeys;
let folder: string;

before(async () => {
  keys = { ec: await testKey('ec', 'ES256'), ed: await testKey('ed', 'EdDSA') };
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  own = await openSigningKeys(folder);
});

after(() => rm(folder, { recursive: true }));

const claims = (more: Record<string, unknown>): Record<string, unknown> => ({ aud: URL, sub: 'u1', iat: SECONDS, exp: SECONDS + 300, ...more });

describe('the keys of an issuer', () => {
  test('are read once for many tokens, and once again for a key id that is new', async () => {
    const { issuer: serving, done } = await freshIssuer([keys.ec]);
    const clock = { now: NOW };
    const checked = authenticatorFor(serving, clock);
    const send = async (key: TestKey, n: number): Promise<string> => checked(await signTestToken({ key, claims: claims({ iss: serving.url, jti: n }) }));
    for (let n = 0; n < 5; n += 1) assert.equal(await send(keys.ec, n), 'ok');
    assert.deepEqual(serving.requests, ['/.well-known/openid-configuration', '/jwks']);

    serving.keys = [keys.ec.jwk, keys.ed.jwk];
    clock.now += COOLDOWN_MS;
    assert.equal(await send(keys.ed, 6), 'ok');
    assert.equal(serving.requests.length, 4);
    await done();
  });

  test('are not read again and again for key ids that somebody makes up', async () => {
    const { issuer: serving, done } = await freshIssuer([keys.ec]);
    const clock = { now: NOW };
    const checked = authenticatorFor(serving, clock);
    await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        assert.equal(await checked(await signTestToken({ key: keys.ed, claims: claims({ iss: serving.url }), header: { kid: `made-up-${n}` } })), 'invalid');
      }),
    );
    assert.equal(serving.requests.length, 2);
    await done();
  });

  test('serve for a bounded time while the issuer is down; then nobody is let in, and told why', async () => {
    const { issuer: serving, done } = await freshIssuer([keys.ec]);
    const clock = { now: NOW };
    const checked = authenticatorFor(serving, clock);
    const token = (n: number): Promise<string> => signTestToken({ key: keys.ec, claims: claims({ iss: serving.url, jti: n, exp: SECONDS + 86_400 }) });
    assert.equal(await checked(await token(1)), 'ok');
    await done();
    clock.now = NOW + USABLE_MS;
    assert.equal(await checked(await token(2)), 'ok');
    clock.now = NOW + USABLE_MS + 1;
    assert.equal(await checked(await token(3)), 'unavailable');
  });

  test('that were withdrawn stop counting', async () => {
    const { issuer: serving, done } = await freshIssuer([keys.ec, keys.ed]);
    const clock = { now: NOW };
    const checked = authenticatorFor(serving, clock);
    const token = await signTestToken({ key: keys.ec, claims: claims({ iss: serving.url, exp: SECONDS + 86_400 }) });
    assert.equal(await checked(token), 'ok');
    serving.keys = [keys.ed.jwk];
    clock.now += USABLE_MS + 1;
    assert.equal(await checked(token), 'invalid');
    await done();
  });

  test('are taken from a discovery document of exactly this issuer only', async () => {
    const { issuer: serving, done } = await freshIssuer([keys.ec]);
    const token = await signTestToken({ key: keys.ec, claims: claims({ iss: serving.url }) });
    assert.equal(await authenticatorFor(serving, { now: NOW })(token), 'ok');
    for (const discovery of [
      { issuer: `${serving.url}/` },
      { jwks_uri: 'file:///etc/passwd' },
      { jwks_uri: undefined },
      { jwks_uri: 'http://169.254.169.254/keys' },
      { jwks_uri: 'http://localhost:1/keys' },
    ]) {
      serving.discovery = discovery;
      assert.equal(await authenticatorFor(serving, { now: NOW })(token), 'unavailable', JSON.stringify(discovery));
    }
    await done();
  });

  test('are not read over redirects, from endless documents or from what is no JSON', async () => {
    const { issuer: serving, done } = await freshIssuer([keys.ec]);
    const token = await signTestToken({ key: keys.ec, claims: claims({ iss: serving.url }) });
    serving.replies.set('/jwks', (response) => void response.writeHead(302, { location: `${serving.url}/elsewhere` }).end());
    assert.equal(await authenticatorFor(serving, { now: NOW })(token), 'unavailable');
    assert.ok(!serving.requests.includes('/elsewhere'));
    serving.replies.set('/jwks', (response) => void response.end(`{"keys":[],"filler":"${'x'.repeat(600 * 1024)}"}`));
    assert.equal(await authenticatorFor(serving, { now: NOW })(token), 'unavailable');
    serving.replies.set('/jwks', (response) => void response.end('<html>'));
    assert.equal(await authenticatorFor(serving, { now: NOW })(token), 'unavailable');
    await done();
  });

  test('that are shared secrets, too short, for encryption or of another algorithm are left out', async () => {
    const { issuer: serving, done } = await freshIssuer([]);
    const secret = Buffer.alloc(32, 7);
    serving.keys = [
      { kty: 'oct', k: secret.toString('base64url'), kid: 'ec', alg: 'HS256' },
      { ...keys.ec.jwk, use: 'enc' },
      { ...keys.ec.jwk, alg: 'ES384' },
      { ...keys.ec.jwk, key_ops: ['sign'] },
    ];
    const signed = joinToken({ alg: 'HS256', kid: 'ec' }, claims({ iss: serving.url }), '').slice(0, -1);
    assert.equal(await authenticatorFor(serving, { now: NOW })(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`), 'invalid');
    assert.equal(await authenticatorFor(serving, { now: NOW })(await signTestToken({ key: keys.ec, claims: claims({ iss: serving.url }) })), 'invalid');
    await done();
  });

  async function freshIssuer(served: readonly TestKey[]) {
    const fresh = await startTestIssuer(served);
    return { issuer: fresh, done: () => fresh.close() };
  }

  function authenticatorFor(one: TestIssuer, clock: { readonly now: number }): (token: string) => Promise<string> {
    const config = { issuer: one.url, audience: URL, claims: { id: 'sub', name: 'email', groups: 'groups' }, kind: 'person' } as const;
    const made = createAuthenticator({ issuers: [config], own, url: URL, now: () => clock.now });
    return async (token) => {
      const result = await made.authenticate(`Bearer ${token}`, 'models');
      return isAuthenticated(result) ? 'ok' : result.code;
    };
  }
});
