import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listen, type Listening } from '../../../test/support/listen.ts';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { openSigningKeys } from '../signing-keys.ts';
import { createOAuthServer } from './server.ts';

const URL_ = 'https://gw.example';
let folder: string;
let storage: Storage;
let listening: Listening;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-oauth-server-'));
  storage = await openStorage({ url: join(folder, 'db') });
  const oauth = createOAuthServer({
    url: URL_,
    keys: await openSigningKeys(join(folder, 'keys')),
    storage,
    recorder: { append: () => Promise.resolve() },
    cookieKey: Buffer.alloc(32, 7),
    currentSubject: () => Promise.resolve(undefined),
    mayReach: () => true,
    endGrant: () => Promise.resolve(),
    errorPage: (description) => description,
    report: () => {},
    clients: (id) =>
      id === 'known'
        ? { client_id: 'known', redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none', response_types: ['code'] }
        : undefined,
  });
  listening = await listen(createServer((request, response) => void oauth.handle(request, response, '127.0.0.1')));
});

after(async () => {
  await listening?.close();
  await storage?.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${listening.port}${path}`, { redirect: 'manual', headers });

test('behind a proxy that ends TLS it speaks of itself as the gateway does, and its cookies go over TLS only', async () => {
  const document = (await (
    await get('/.well-known/openid-configuration', { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.example' })
  ).json()) as Record<string, string>;
  assert.deepEqual([document['issuer'], document['token_endpoint'], document['jwks_uri']], [URL_, `${URL_}/oauth/token`, `${URL_}/oauth/jwks`]);

  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  const parameters = {
    response_type: 'code',
    client_id: 'known',
    redirect_uri: 'https://app.example/cb',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
  const begun = await get(`/oauth/authorize?${String(new URLSearchParams({ ...parameters, resource: `${URL_}/mcp/models` }))}`);
  assert.match(begun.headers.get('location') ?? '', /^\/oauth\/interaction\//);
  const cookies = begun.headers.getSetCookie();
  assert.ok(cookies.length >= 4);
  for (const cookie of cookies) {
    assert.match(cookie, /^__Secure-sallyport-oauth/);
    assert.match(cookie, /; secure/i);
    assert.match(cookie, /; httponly/i);
    assert.match(cookie, /; samesite=lax/i);
    assert.match(cookie, /; path=\/oauth\/(?:interaction|authorize)\//);
  }
});

test('whom it cannot find any more gets no token, whatever they bring', async () => {
  const reply = await fetch(`http://127.0.0.1:${listening.port}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'known', refresh_token: 'invented' }),
  });
  assert.equal(reply.status, 400);
  assert.equal(((await reply.json()) as Record<string, string>)['error'], 'invalid_grant');
});
