import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { decodeJwt, exportJWK, generateKeyPair, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { listen } from '../../../test/support/listen.ts';
import { startUpstreamProvider, type UpstreamProvider } from '../../../test/support/upstream-provider.ts';
import { until } from '../../../test/support/until.ts';
import type { TokenRequestSpec } from '../../core/credential-spec.ts';
import { explainError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Subject } from '../../core/subject.ts';
import { ask } from '../../network/ask.ts';
import type { ResolvedCredential } from '../credential.ts';
import type { SignIdentity } from '../identity-claims.ts';
import { createSecretReader } from '../secret-reader.ts';
import { createSignedIdentity } from '../signed-identity.ts';
import { createClientCredentials } from './client-credentials.ts';
import { createTokenExchange } from './token-exchange.ts';

const RESOURCE = 'https://target.example/mcp';
const SECRET = 'canary-client-secret-1';
const USE = { target: 'lab', address: RESOURCE };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const ENV = { SECRET, WRONG: 'canary-wrong', PEM, NO_PEM: 'canary-no-pem' };

const ann: Subject = { kind: 'person', id: '00u1', name: 'ann', groups: ['staff'], issuer: 'https://idp.example' };
const agent: Subject = { kind: 'ai-agent', id: 'helper', name: 'helper', groups: ['agents'], issuer: 'https://idp.example', onBehalfOf: ann };

const tokenOf = (resolved: ResolvedCredential): string => (resolved.kind === 'headers' ? (resolved.headers[0]?.[1].reveal() ?? '') : '').replace('Bearer ', '');

const missing = (message: RegExp) => (error: unknown) => {
  const said = explainError(error);
  assert.deepEqual([(error as { code?: string }).code, message.test(said) || said], ['credential_missing', true]);
  assert.doesNotMatch(said + inspect(error, { depth: 3 }), /canary/);
  return true;
};

async function realProvider(context: TestContext): Promise<UpstreamProvider> {
  const base = { redirect_uris: [], response_types: [] as never[], grant_types: ['client_credentials'] };
  const provider = await startUpstreamProvider({
    resource: () => RESOURCE,
    clients: [
      { ...base, client_id: 'basic', client_secret: SECRET },
      { ...base, client_id: 'post', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post' },
      {
        ...base,
        client_id: 'signer',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...(await exportJWK(rsa.publicKey)), alg: 'RS256', use: 'sig' }] },
      },
    ],
  });
  context.after(() => provider.close());
  return provider;
}

const spec = (
  provider: { readonly issuer: string },
  id: string,
  more: Partial<TokenRequestSpec['client']> = { secret: { env: 'SECRET' } },
): TokenRequestSpec => ({
  tokenEndpoint: `${provider.issuer}/token`,
  issuer: provider.issuer,
  client: { id, sendSecret: id === 'post' ? 'post' : 'basic', ...more },
  scopes: ['tools:use'],
  resource: RESOURCE,
});

const deps = (time = { ahead: 0 }) => ({ secrets: createSecretReader({ env: ENV }), ask, now: () => Date.now() + time.ahead });

test('a token of the gateway is asked for with a secret, in either place, or with a signed assertion', async (context) => {
  const provider = await realProvider(context);
  const read = createClientCredentials(deps());
  for (const [id, more] of [['basic'], ['post'], ['signer', { privateKey: { env: 'PEM' } }]] as const) {
    const resolved = await read(spec(provider, id, more), USE);
    assert.equal(await provider.accountOf(tokenOf(resolved)), id);
    assert.doesNotMatch(inspect(resolved, { depth: 9 }), new RegExp(tokenOf(resolved)));
  }
});

test('a wrong secret, key, scope or resource is refused by the word of the server, and nothing is quoted', async (context) => {
  const provider = await realProvider(context);
  const read = createClientCredentials({
    ...deps(),
    secrets: createSecretReader({
      env: { ...ENV, PEM: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
    }),
  });
  await assert.rejects(read(spec(provider, 'basic', { secret: { env: 'WRONG' } }), USE), missing(/refused: invalid_client/));
  await assert.rejects(read(spec(provider, 'signer', { privateKey: { env: 'PEM' } }), USE), missing(/refused: invalid_client/));
  await assert.rejects(read(spec(provider, 'signer', { privateKey: { env: 'NO_PEM' } }), USE), missing(/private key of an OAuth client is not readable/));
  await assert.rejects(read({ ...spec(provider, 'basic'), resource: 'https://other.example' }, USE), missing(/refused|HTTP 5/));
  await assert.rejects(read({ ...spec(provider, 'basic'), tokenEndpoint: 'http://169.254.169.254/token' }, USE), missing(/not an address/));
});

test('one token serves many calls until it is due, one request at a time; a refused one is asked for anew, but not for every call', async (context) => {
  const provider = await realProvider(context);
  const time = { ahead: 0 };
  const read = createClientCredentials(deps(time));
  const one = spec(provider, 'basic');
  const all = await Promise.all(Array.from({ length: 20 }, () => read(one, USE)));
  assert.equal(new Set(all.map(tokenOf)).size, 1);
  assert.equal(provider.grants.length, 1);
  time.ahead += 545_000;
  assert.equal(tokenOf(await read(one, USE)), tokenOf(all[0] as ResolvedCredential));
  await until('the next token', async () => (tokenOf(await read(one, USE)) === tokenOf(all[0] as ResolvedCredential) ? undefined : true));
  assert.equal(provider.grants.length, 2);

  const current = await read(one, USE);
  await provider.endAccessToken(tokenOf(current));
  current.refused?.();
  const next = await read(one, USE);
  assert.equal(await provider.accountOf(tokenOf(next)), 'basic');
  next.refused?.();
  assert.equal(tokenOf(await read(one, USE)), tokenOf(next));
  assert.equal(provider.grants.length, 3);
});

interface Script {
  readonly url: string;
  readonly asked: { readonly headers: IncomingHttpHeaders; readonly fields: Readonly<Record<string, string>> }[];
  answer: (count: number) => readonly [status: number, body: unknown];
}

/** A token endpoint that does what a test says. */
async function scripted(context: TestContext): Promise<Script> {
  const script: Script = { url: '', asked: [], answer: (count) => [200, { access_token: `token-${count}`, token_type: 'Bearer', expires_in: 300 }] };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      script.asked.push({ headers: request.headers, fields: Object.fromEntries(new URLSearchParams(body)) });
      const [status, answer] = script.answer(script.asked.length);
      response
        .writeHead(status, { 'content-type': 'application/json', location: 'http://127.0.0.1:1/' })
        .end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  const { port, close } = await listen(server);
  context.after(close);
  return Object.assign(script, { url: `http://127.0.0.1:${port}/token` });
}

const at = (url: string, more: Partial<TokenRequestSpec> = {}): TokenRequestSpec => ({
  tokenEndpoint: url,
  client: { id: 'a b', secret: { env: 'SECRET' }, sendSecret: 'basic' },
  ...more,
});

test('an endpoint that fails is asked again with growing pauses, and what it says stays with it', async (context) => {
  const script = await scripted(context);
  const time = { ahead: 0 };
  const read = createClientCredentials(deps(time));
  const one = at(script.url);
  for (const [answer, says] of [
    [[500, 'canary'], /HTTP 500/],
    [[302, ''], /HTTP 302/],
    [[400, { error: 'invalid_grant', error_description: 'canary' }], /refused: invalid_grant/],
    [[400, { error: 'canary <script>' }], /HTTP 400/],
    [[200, 'canary'], /no bearer token/],
    [[200, { access_token: 'canary', token_type: 'DPoP' }], /no bearer token/],
    [[200, { access_token: 'canary\r\nx: y', token_type: 'Bearer' }], /no bearer token/],
    [[200, { token_type: 'Bearer' }], /no bearer token/],
  ] as const) {
    script.answer = () => answer;
    time.ahead += 61_000;
    await assert.rejects(read(one, USE), missing(says));
    const before = script.asked.length;
    await assert.rejects(read(one, USE), missing(says));
    assert.equal(script.asked.length, before, 'in the pause nobody is asked');
  }
  script.answer = () => [200, { access_token: 'fine', token_type: 'bearer' }];
  time.ahead += 61_000;
  assert.equal(tokenOf(await read(one, USE)), 'fine');
  // RFC 6749 2.3.1: form-encoded before they are joined.
  assert.equal(Buffer.from(script.asked[0]?.headers.authorization?.split(' ')[1] ?? '', 'base64').toString(), `a+b:${SECRET}`);
});

async function signer(): Promise<{ readonly sign: SignIdentity; verify(token: string, audience: string): Promise<JWTPayload> }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return {
    sign: (claims: JsonObject, { audience, lifetimeMs }) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer('https://gateway.example/identity')
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${lifetimeMs / 1000}s`)
        .sign(privateKey),
    verify: async (token, audience) => (await jwtVerify(token, publicKey, { issuer: 'https://gateway.example/identity', audience })).payload,
  };
}

test('what is exchanged is an assertion about the caller, for each caller one, with the agent that acts', async (context) => {
  const script = await scripted(context);
  const { sign, verify } = await signer();
  const time = { ahead: 0 };
  const read = createTokenExchange({ ...deps(time), sign });
  const one = at(script.url, { audience: 'target', scopes: ['a', 'b'], resource: RESOURCE });
  const tokens = await Promise.all(
    [ann, ann, agent, { ...ann, id: '00u2', name: 'ann' }].map(async (subject) => tokenOf(await read(one, { ...USE, subject }))),
  );
  assert.deepEqual(new Set(tokens).size, 3);
  assert.equal(tokens[0], tokens[1]);
  const [ofAnn, ofAgent] = await Promise.all(script.asked.slice(0, 2).map(({ fields }) => verify(fields['subject_token'] ?? '', script.url)));
  const { subject_token: _token, ...fields } = script.asked[0]?.fields ?? {};
  assert.deepEqual(fields, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'target',
    scope: 'a b',
    resource: RESOURCE,
  });
  assert.partialDeepStrictEqual(ofAnn, { sub: 'https://idp.example|00u1', name: 'ann', groups: ['staff'], target: 'lab' });
  assert.equal('act' in (ofAnn ?? {}), false);
  assert.partialDeepStrictEqual(ofAgent, { sub: 'https://idp.example|00u1', groups: ['staff'], act: { sub: 'https://idp.example|helper', kind: 'ai-agent' } });
  assert.ok((ofAnn?.exp ?? 0) - (ofAnn?.iat ?? 0) <= 60);

  // Who lost a group is somebody else to the target at once.
  const asked = script.asked.length;
  await read(one, { ...USE, subject: { ...ann, groups: [] } });
  assert.equal(script.asked.length, asked + 1);
  assert.deepEqual(decodeJwt(script.asked.at(-1)?.fields['subject_token'] ?? '')['groups'], []);
});

test('who asks is signed for the target and for a short time, one assertion for several calls, and never for another subject', async () => {
  const { sign, verify } = await signer();
  const time = { ahead: 0 };
  const read = createSignedIdentity({ sign, now: () => Date.now() + time.ahead });
  const one = { header: 'x-sallyport-identity', lifetimeMs: 60_000 };
  const headerOf = async (subject: Subject, more: object = {}): Promise<readonly [string, string]> => {
    const resolved = await read(more === one ? one : { ...one, ...more }, { ...USE, subject });
    const [name, value] = (resolved.kind === 'headers' && resolved.headers[0]) || ['', undefined];
    return [name, value?.reveal() ?? ''];
  };
  const [name, first] = await headerOf(ann, one);
  assert.equal(name, 'x-sallyport-identity');
  assert.partialDeepStrictEqual(await verify(first, RESOURCE), { sub: 'https://idp.example|00u1', groups: ['staff'], target: 'lab' });
  assert.equal((await headerOf(ann, one))[1], first);
  assert.notEqual((await headerOf({ ...ann, groups: [] }, one))[1], first);
  const acting = (await verify((await headerOf(agent, one))[1], RESOURCE))['act'];
  assert.equal((acting as { sub?: string }).sub, 'https://idp.example|helper');
  time.ahead += 31_000;
  assert.notEqual((await headerOf(ann, one))[1], first);
  const [, bearer] = await headerOf(ann, { header: 'authorization', audience: 'other' });
  assert.partialDeepStrictEqual(await verify(bearer.replace('Bearer ', ''), 'other'), { sub: 'https://idp.example|00u1' });
  await assert.rejects(verify(first, 'other'), /aud/);
});
