/** Tokens of the OAuth server at a real target: what narrows them, what they are bound to, and how fast they end, in two processes. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openAccounts } from '../../src/identity/accounts.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { signIn } from '../support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { startOAuthClient, type OAuthClient } from '../support/oauth-client.ts';
import { letIn } from '../support/oauth-person.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const PASSWORD = 'a-password-of-this-test-only';
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

let postgres: TestPostgres | undefined;
let workbench: Workbench;
let one: GatewayProcess;
let two: GatewayProcess;
let client: OAuthClient;
let clientId: string;

before(async () => {
  postgres = await startPostgres();
  assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
  const storage = await openStorage({ url: postgres.url });
  const accounts = openAccounts(storage, { recorder: { append: () => Promise.reject(new Error('nothing is recorded here')) } });
  await accounts.create({ name: 'scientist', kind: 'person', groups: ['staff'], password: PASSWORD });
  await storage.close();
  workbench = await startWorkbench();
  const resources = [
    { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url, readOnlyTools: ['echo'] },
    { kind: 'Policy', name: 'workbench', targets: ['workbench'], rules: [{ name: 'all', subjects: ['group:staff'], allow: ['*'] }] },
  ];
  one = await startGatewayProcess({ resources, config: { database: postgres.url } });
  two = await startGatewayProcess({ resources, config: { database: postgres.url } });
  client = await startOAuthClient();
  const reply = await fetch(`${one.url}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(client.provider.clientMetadata),
  });
  clientId = ((await reply.json()) as { client_id: string }).client_id;
});

after(async () => {
  await client?.close();
  await Promise.all([one?.stop(), two?.stop()]);
  await workbench?.close();
  await postgres?.stop();
});

/** A token that the person agreed to; with headers of the token request, such as a proof. */
async function connect(scope: string, headers: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${one.url}/oauth/authorize`);
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: client.provider.redirectUrl,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: one.endpoint('workbench'),
    scope,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  await letIn(one.url, url.href, 'scientist', PASSWORD);
  const code = (await client.callback()).get('code') ?? '';
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    code_verifier: verifier,
    redirect_uri: client.provider.redirectUrl,
  });
  const reply = await fetch(`${one.url}/oauth/token`, { method: 'POST', headers, body });
  assert.equal(reply.status, 200, await reply.clone().text());
  return (await reply.json()) as Record<string, string>;
}

function call(gateway: GatewayProcess, tool: string, args: object, headers: Readonly<Record<string, string>>): Promise<Response> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: args, _meta: META } };
  return fetch(gateway.endpoint('workbench'), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool,
      ...headers,
    },
    body: JSON.stringify(message),
  });
}

test('a client that was let in to read reads, and is told what to ask for where it would write', async () => {
  const { access_token: token } = await connect('mcp:read');
  const bearer = { authorization: `Bearer ${token}` };
  const read = await call(one, 'echo', { value: 'read' }, bearer);
  assert.equal(read.status, 200);
  assert.match(await read.text(), /read/);

  const written = workbench.written.length;
  const refused = await call(one, 'write', { key: 'no' }, bearer);
  assert.equal(refused.status, 403);
  const challenge = refused.headers.get('www-authenticate') ?? '';
  assert.match(challenge, /^Bearer error="insufficient_scope"/);
  assert.match(challenge, /scope="mcp:read mcp:write"/);
  assert.match(challenge, /resource_metadata="http:\/\/127\.0\.0\.1:\d+\/\.well-known\/oauth-protected-resource\/mcp\/workbench"/);
  assert.equal(workbench.written.length, written);

  const { access_token: more } = await connect('mcp:read mcp:write');
  assert.equal((await call(one, 'write', { key: 'yes' }, { authorization: `Bearer ${more}` })).status, 200);
  assert.ok(workbench.written.includes('yes'));
});

test('a token that is bound to a key is used with a proof of it, once each, and not as a bearer token', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const prove = (url: string, token?: string): Promise<string> =>
    new SignJWT({
      htm: 'POST',
      htu: url,
      jti: randomBytes(9).toString('hex'),
      ...(token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey);
  const { access_token: token = '', token_type: type } = await connect('mcp:read', { dpop: await prove(`${one.url}/oauth/token`) });
  assert.equal(type, 'DPoP');
  const proof = await prove(one.endpoint('workbench'), token);
  assert.equal((await call(one, 'echo', { value: 'x' }, { authorization: `DPoP ${token}`, dpop: proof })).status, 200);

  const replayed = await call(one, 'echo', { value: 'x' }, { authorization: `DPoP ${token}`, dpop: proof });
  assert.equal(replayed.status, 401);
  assert.match(replayed.headers.get('www-authenticate') ?? '', /^DPoP error="invalid_token".*algs="ES256/);
  for (const headers of [
    { authorization: `Bearer ${token}` },
    { authorization: `DPoP ${token}` },
    { authorization: `Bearer ${token}`, dpop: await prove(one.endpoint('workbench'), token) },
  ])
    assert.equal((await call(one, 'echo', { value: 'x' }, headers)).status, 401);
});

test('a client stays let in when its person signs out, in every browser: its token works, and it renews it', async () => {
  const { access_token: token = '', refresh_token: refresh = '' } = await connect('mcp:read mcp:write');
  const person = await signIn(one.url, 'scientist', PASSWORD);
  assert.equal((await person.raw('sign-out', { method: 'POST', body: JSON.stringify({ everywhere: true }) })).status, 200);
  assert.equal((await person.raw('me')).status, 401);
  assert.equal((await call(one, 'echo', { value: 'x' }, { authorization: `Bearer ${token}` })).status, 200);
  const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token: refresh });
  const renewed = await fetch(`${one.url}/oauth/token`, { method: 'POST', body });
  assert.equal(renewed.status, 200, await renewed.clone().text());
  const { access_token: next = '' } = (await renewed.json()) as Record<string, string>;
  assert.equal((await call(one, 'echo', { value: 'x' }, { authorization: `Bearer ${next}` })).status, 200);
});

test('what is taken back in one process is refused in the other within a second, and a call that runs there ends', async () => {
  const { access_token: token = '', refresh_token: refresh = '' } = await connect('mcp:read mcp:write');
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await call(one, 'echo', { value: 'x' }, headers)).status, 200);
  const running = call(one, 'wait', { ms: 600_000 }, headers).then(
    (reply) => reply.text(),
    () => 'cut off',
  );

  const taken = await fetch(`${two.url}/oauth/revoke`, { method: 'POST', body: new URLSearchParams({ client_id: clientId, token: refresh }) });
  assert.equal(taken.status, 200);
  await until('the token to be refused', async () => ((await call(one, 'echo', { value: 'x' }, headers)).status === 401 ? true : undefined), 40);
  assert.doesNotMatch(await running.catch(() => 'cut off'), /waited/);
});
