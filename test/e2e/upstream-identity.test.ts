/** What targets get of who asks, over two whole gateways on one PostgreSQL, with a real authorization server and a real MCP server behind it. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { startGuardedMcp, type GuardedMcp } from '../support/guarded-mcp.ts';
import { PASSWORD, startPair, type Pair, type Replica } from '../support/pair.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { callRaw, sendRaw } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { agreeAt, startUpstreamProvider, type UpstreamProvider } from '../support/upstream-provider.ts';

const CLIENT_SECRET = 'canary-client-secret-e2e';
const SEALED = 'canary-sealed-e2e';
const KEEPERS = ['people', 'owners'];

let postgres: TestPostgres | undefined;
let provider: UpstreamProvider;
let mcp: GuardedMcp;
let pair: Pair;
/** As the authorization server registered it for both gateways. */
let client: { readonly id: string; readonly secret: object };

const target = (name: string, credential: object) => ({ kind: 'Target', name, protocol: 'mcp', address: mcp.url, owners: ['group:owners'], credential });

function resources(): object[] {
  return [
    target('personal', { perPerson: { client } }),
    target('machine', {
      clientCredentials: {
        tokenEndpoint: `${provider.issuer}/token`,
        client: { id: 'machine', secret: { env: 'E2E_MACHINE_SECRET' } },
        resource: mcp.url,
        scopes: ['tools:use'],
      },
    }),
    target('sealed', { bearer: { sealed: 'mcp-token' } }),
    target('signed', { signedIdentity: { header: 'authorization' } }),
    { kind: 'Policy', name: 'all', targets: ['*'], rules: [{ name: 'staff', subjects: ['group:staff'], allow: ['tools/*'] }] },
    {
      kind: 'Policy',
      name: 'held',
      targets: ['personal'],
      rules: [{ name: 'held', subjects: ['group:held'], review: ['tools/*'], approval: { from: ['group:owners'] } }],
    },
  ];
}

before(async () => {
  postgres = await startPostgres();
  assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
  process.env['E2E_MACHINE_SECRET'] = CLIENT_SECRET;
  provider = await startUpstreamProvider({
    resource: () => mcp.url,
    clients: [{ client_id: 'machine', client_secret: CLIENT_SECRET, redirect_uris: [], response_types: [], grant_types: ['client_credentials'] }],
  });
  mcp = await startGuardedMcp({ issuer: () => provider.issuer, accountOf: (token) => lookUp(token) });
  const people = { kind: 'person', groups: ['staff'] } as const;
  pair = await startPair({
    resources: [],
    database: postgres.url,
    accounts: [
      { ...people, name: 'ann' },
      { ...people, name: 'bob' },
      { kind: 'person', name: 'hal', groups: ['held'] },
      { kind: 'person', name: 'olga', groups: KEEPERS },
    ],
  });
  client = await register([pair.one, pair.two].map(({ url }) => `${url}/connect/personal/callback`));
  await pair.setResources(resources());
  for (const replica of [pair.one, pair.two])
    await until('the targets', () =>
      replica
        .as('ann')
        .then((ann) => ann.token('signed'))
        .catch(() => undefined),
    );
});

/** By hand, as an operator does who has a client for all replicas. */
async function register(redirectUris: readonly string[]): Promise<typeof client> {
  const body = { redirect_uris: redirectUris, grant_types: ['authorization_code', 'refresh_token'] };
  const reply = await fetch(`${provider.issuer}/reg`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const { client_id: id, client_secret: secret } = (await reply.json()) as { client_id: string; client_secret: string };
  process.env['E2E_CLIENT_SECRET'] = secret;
  return { id, secret: { env: 'E2E_CLIENT_SECRET' } };
}
after(async () => {
  await pair?.stop();
  await mcp?.close();
  await provider?.close();
  await postgres?.stop();
});

/** The MCP server takes tokens of the authorization server, the one that was set by hand, and assertions of the gateways. */
async function lookUp(token: string): Promise<string | undefined> {
  if (token === SEALED) return 'by the sealed token';
  if (token.split('.').length !== 3) return provider.accountOf(token);
  for (const { url } of [pair.one, pair.two]) {
    const keys = createRemoteJWKSet(new URL(`${url}/identity/.well-known/jwks.json`));
    const verified = await jwtVerify(token, keys, { issuer: `${url}/identity`, audience: mcp.url, algorithms: ['ES256'] }).catch(() => undefined);
    if (verified) return String(verified.payload['name']);
  }
  return undefined;
}

/** A browser that is signed in to a gateway. */
interface Browser {
  open(
    path: string,
    form?: Readonly<Record<string, string>>,
    options?: { readonly crossSite?: true },
  ): Promise<{ readonly status: number; readonly text: string; readonly location: string }>;
}

async function browse(url: string, name: string): Promise<Browser> {
  const cookies = new Map<string, { value: string; strict: boolean }>();
  const take = (reply: Response): void => {
    for (const line of reply.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) cookies.delete(key);
      else cookies.set(key, { value, strict: line.includes('SameSite=Strict') });
    }
  };
  take(
    await fetch(`${url}/api/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify({ name, password: PASSWORD }),
    }),
  );
  return {
    async open(path, form, { crossSite } = {}) {
      // As browsers do: where a page of another site leads here, strict cookies stay at home.
      const sent = [...cookies].filter(([, { strict }]) => !(crossSite && strict)).map(([key, { value }]) => `${key}=${value}`);
      const headers = { cookie: sent.join('; '), ...(form ? { origin: url } : {}) };
      const reply = await fetch(new URL(path, url), { redirect: 'manual', headers, ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}) });
      take(reply);
      return { status: reply.status, text: await reply.text(), location: reply.headers.get('location') ?? '' };
    },
  };
}

const refreshOf = (page: string): string => unescapeHtml(/http-equiv="refresh" content="0; url=([^"]+)"/.exec(page)?.[1] ?? '');
const unescapeHtml = (text: string): string => text.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code))).replaceAll('&amp;', '&');
const csrfOf = (page: string): string => /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';

/** The whole way through the pages, as a person goes it. */
async function connect(replica: Replica, name: string, account: string): Promise<string> {
  const browser = await browse(replica.url, name);
  const page = await browser.open('/connect/personal');
  assert.equal(page.status, 200);
  provider.as(account);
  const departure = await browser.open('/connect/personal', { csrf: csrfOf(page.text), answer: 'connect' });
  const back = await agreeAt(refreshOf(departure.text));
  const arrival = await browser.open(back.href, undefined, { crossSite: true });
  assert.equal(arrival.status, 200, arrival.text);
  assert.equal(refreshOf(arrival.text), '/connect/personal/finish');
  return (await browser.open('/connect/personal/finish')).text;
}

const said = (reply: Awaited<ReturnType<Replica['call']>>): string =>
  reply.message.result?.content?.[0]?.text ?? JSON.stringify(reply.message.error ?? reply.text);

test('who has not connected is told where, in the form of a result; whoever connected is reached as that account, on both gateways, two at once', async () => {
  const refused = await pair.one.call('ann', 'whoami', {}, 'personal');
  const link = `${pair.one.url}/connect/personal`;
  assert.deepEqual([refused.status, refused.message.result?.isError], [200, true]);
  assert.match(said(refused), new RegExp(`NOT_CONNECTED\\. Not executed\\..*${link} `));
  assert.deepEqual(refused.message.result?._meta?.['dev.sallyport/connect'], { url: link });
  const listed = await sendRaw(`${pair.one.url}/mcp/personal`, await (await pair.one.as('ann')).token('personal'), 'tools/list');
  assert.equal(listed.message.error?.code, 403);

  assert.match(await connect(pair.one, 'ann', 'ann-there'), /It is connected/);
  assert.match(await connect(pair.two, 'bob', 'bob-there'), /It is connected/);
  const answers = await Promise.all(
    [pair.one, pair.two].flatMap((replica) => ['ann', 'bob', 'ann', 'bob'].map(async (name) => said(await replica.call(name, 'whoami', {}, 'personal')))),
  );
  const both = ['ann-there', 'bob-there', 'ann-there', 'bob-there'];
  assert.deepEqual(answers, [...both, ...both]);
});

test('nobody is asked to approve what could not run for want of an account', async () => {
  assert.match(said(await pair.one.call('hal', 'whoami', {}, 'personal')), /NOT_CONNECTED/);
  assert.deepEqual(await (await pair.one.as('olga')).approvals(), []);
});

test('the page is of whoever is signed in: strangers sign in first, forms of others and forged answers change nothing', async () => {
  const stranger = await fetch(`${pair.one.url}/connect/personal`, { redirect: 'manual' });
  assert.deepEqual([stranger.status, stranger.headers.get('location')], [303, '/continue?to=%2Fconnect%2Fpersonal']);
  const browser = await browse(pair.one.url, 'ann');
  const page = await browser.open('/connect/personal');
  assert.match(page.text, /signed in to the gateway as <b>ann<\/b>/);
  assert.equal((await browser.open('/connect/personal', { csrf: 'x'.repeat(43), answer: 'disconnect' })).status, 403);
  assert.equal((await browser.open('/connect/sealed')).status, 404);
  assert.equal((await browser.open('/connect/nothing')).status, 404);
  const forged = await browser.open(`/connect/personal/callback?state=${'x'.repeat(43)}&code=canary-code&iss=x`, undefined, { crossSite: true });
  assert.equal(forged.status, 403);
  assert.doesNotMatch(forged.text, /canary/);
  assert.equal((await browser.open('/connect/personal/finish')).status, 403);
  assert.equal(said(await pair.one.call('ann', 'whoami', {}, 'personal')), 'ann-there');
});

test('a token that the target does not know any more is refreshed on the way; with the grant gone the person is told to connect', async () => {
  const [last = ''] = mcp.tokens().toReversed();
  await provider.endAccessToken(last);
  await Promise.all(mcp.tokens().map((token) => provider.endAccessToken(token)));
  await until('a call with the refreshed token', async () => (said(await pair.one.call('ann', 'whoami', {}, 'personal')) === 'ann-there' ? true : undefined));
  await provider.revoke('bob-there');
  await until('the end of it', async () => (said(await pair.two.call('bob', 'whoami', {}, 'personal')).includes('NOT_CONNECTED') ? true : undefined));
  assert.equal(said(await pair.one.call('ann', 'whoami', {}, 'personal')), 'ann-there');
});

test('disconnecting ends it on both gateways; only the person and owners of the target see it', async () => {
  const ann = await pair.one.as('ann');
  const list = async (who: string) => (await (await (await pair.one.as(who)).raw('connections')).json()) as { connections: { id: string; person: string }[] };
  const [own] = (await list('ann')).connections;
  assert.equal(own?.person, 'ann');
  assert.deepEqual((await list('hal')).connections, []);
  assert.deepEqual(
    (await list('olga')).connections.map(({ person }) => person),
    ['ann'],
  );
  const remove = async (who: string) =>
    (await (await pair.one.as(who)).raw('connections/remove', { method: 'POST', body: JSON.stringify({ id: own?.id }) })).status;
  assert.equal(await remove('hal'), 404);
  assert.equal(await remove('ann'), 200);
  assert.match(said(await pair.one.call('ann', 'whoami', {}, 'personal')), /NOT_CONNECTED/);
  await until('the other gateway', async () => (said(await pair.two.call('ann', 'whoami', {}, 'personal')).includes('NOT_CONNECTED') ? true : undefined));
  assert.equal((await ann.raw('me')).status, 200);
});

test('a token of the gateway itself reaches the target for everybody, and a refused one is asked for anew within the call', async () => {
  assert.equal(said(await pair.one.call('ann', 'whoami', {}, 'machine')), 'machine');
  const before = mcp.tokens().at(-1) ?? '';
  await provider.endAccessToken(before);
  assert.equal(said(await pair.one.call('bob', 'whoami', {}, 'machine')), 'machine');
  assert.notEqual(mcp.tokens().at(-1), before);
});

test('sealed values are set by owners of what they open, are in force on both gateways, and never come out', async () => {
  const send = async (who: string, path: string, body: object) => {
    const reply = await (await pair.one.as(who)).raw(path, { method: 'POST', body: JSON.stringify(body) });
    return { status: reply.status, text: await reply.text() };
  };
  assert.match(said(await pair.one.call('ann', 'whoami', {}, 'sealed')), /there is no sealed value mcp-token/);
  assert.equal((await send('ann', 'secrets', { name: 'mcp-token', value: SEALED })).status, 403);
  assert.equal((await send('olga', 'secrets', { name: 'mcp-token', value: 'wrong-one' })).status, 201);
  assert.match(said(await pair.one.call('ann', 'whoami', {}, 'sealed')), /refused the gateway's credential/);
  assert.equal((await send('olga', 'secrets', { name: 'mcp-token', value: SEALED })).status, 201);
  for (const replica of [pair.one, pair.two])
    await until('the sealed value', async () => (said(await replica.call('ann', 'whoami', {}, 'sealed')) === 'by the sealed token' ? true : undefined));
  const listed = await (await (await pair.one.as('olga')).raw('secrets')).text();
  assert.match(listed, /"mcp-token".*"targets":\["sealed"\]/);
  assert.doesNotMatch(listed, /canary/);
  assert.equal((await (await pair.one.as('ann')).raw('secrets')).status, 403);
  assert.equal((await send('ann', 'secrets/rotate-key', {})).status, 403);
  assert.match((await send('olga', 'secrets/rotate-key', {})).text, /"sealed":[1-9]/);
  for (const replica of [pair.one, pair.two]) assert.equal(said(await replica.call('ann', 'whoami', {}, 'sealed')), 'by the sealed token');
  assert.equal((await send('ann', 'secrets/remove', { name: 'mcp-token' })).status, 403);
  assert.equal((await send('olga', 'secrets/remove', { name: 'mcp-token' })).status, 200);
  assert.match(said(await pair.one.call('ann', 'whoami', {}, 'sealed')), /there is no sealed value/);
});

test('who asks reaches the target signed by the gateway, and what a client sends in its place does not travel', async () => {
  for (const replica of [pair.one, pair.two]) {
    assert.equal(said(await replica.call('ann', 'whoami', {}, 'signed')), 'ann');
    assert.equal(said(await replica.call('bob', 'whoami', {}, 'signed')), 'bob');
  }
  await pair.setResources([...resources(), target('asserted', { signedIdentity: { header: 'X-Sallyport-Identity' } })]);
  const token = await until('the new target', async () => (await pair.one.as('ann')).token('asserted').catch(() => undefined));
  const forged = {
    'x-sallyport-identity': 'canary-forged',
    x_sallyport_identity: 'canary-forged',
    'X-Sallyport_Identity': 'canary-forged',
    'mcp-param-x-sallyport-identity': 'kept',
  };
  const seen = mcp.requests.length;
  await sendRaw(`${pair.one.url}/mcp/asserted`, token, 'tools/call', { name: 'whoami', arguments: {} }, { 'mcp-name': 'whoami', ...forged });
  const headers = mcp.requests.slice(seen).at(-1) ?? {};
  const names = Object.keys(headers).filter((name) => name.replaceAll('_', '-') === 'x-sallyport-identity');
  assert.deepEqual(names, ['x-sallyport-identity']);
  assert.doesNotMatch(JSON.stringify(headers), /canary-forged/);
  const keys = createRemoteJWKSet(new URL(`${pair.one.url}/identity/.well-known/jwks.json`));
  const { payload } = await jwtVerify(String(headers['x-sallyport-identity']), keys, { audience: mcp.url, issuer: `${pair.one.url}/identity` });
  assert.partialDeepStrictEqual(payload, { name: 'ann', groups: ['staff'], target: 'asserted' });
  // It says who asks, to the target; it is no token of the gateway's.
  const back = await callRaw(`${pair.one.url}/mcp/asserted`, String(headers['x-sallyport-identity']), 'whoami');
  assert.equal(back.status, 401);
});

test('no token, secret or code is in the record, the database, the replays or the answers', async () => {
  const secrets = [...mcp.tokens(), SEALED, CLIENT_SECRET, process.env['E2E_CLIENT_SECRET'] ?? ''];
  assert.ok(secrets.length > 6);
  const texts: string[] = [];
  for (const table of ['events', 'sessions', 'connections', 'secrets', 'oauth_registrations', 'connect_flows', 'approvals'] as const)
    texts.push(JSON.stringify(await pair.storage.db.selectFrom(table).selectAll().execute()));
  // What a session said is in the journal of the gateway that it was at; the other one tells that.
  const views: string[] = [];
  for (const replica of [pair.one, pair.two]) {
    const olga = await replica.as('olga');
    for (const { id } of await olga.sessions()) views.push(JSON.stringify(await olga.session(id)));
  }
  assert.ok(views.some((text) => text.includes('recorded by another gateway')) && views.some((text) => text.includes('whoami')));
  texts.push(...views);
  for (const folder of pair.folders) {
    const files = await readdir(join(folder, 'journal'), { recursive: true, withFileTypes: true });
    for (const file of files) if (file.isFile()) texts.push((await readFile(join(file.parentPath, file.name))).toString('latin1'));
  }
  for (const secret of secrets)
    assert.equal(
      texts.some((text) => text.includes(secret)),
      false,
      'a secret was found',
    );
});
