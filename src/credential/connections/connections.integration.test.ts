import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { onBothDatabases, type FreshDatabases } from '../../../test/support/databases.ts';
import { listen } from '../../../test/support/listen.ts';
import { until } from '../../../test/support/until.ts';
import { agreeAt, startUpstreamProvider, type UpstreamProvider } from '../../../test/support/upstream-provider.ts';
import type { PerPersonSpec } from '../../core/credential-spec.ts';
import { explainError } from '../../core/error.ts';
import type { Event } from '../../core/event.ts';
import type { Subject } from '../../core/subject.ts';
import { ask, type Ask } from '../../network/ask.ts';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { createSecretReader } from '../secret-reader.ts';
import { sealingKey, type SealingKeys } from '../sealing/seal.ts';
import { createConnectFlow, type Arrival, type ConnectFlow } from './connect-flow.ts';
import { openConnections, type Connections } from './connections.ts';
import type { PersonalTarget } from './personal-target.ts';

const GATEWAY = 'http://gateway.example';
const ann: Subject = { kind: 'person', id: 'ann', name: 'ann', groups: ['staff'], issuer: 'https://idp.example' };
const bob: Subject = { ...ann, id: 'bob', name: 'bob' };
const CLIENT = {
  client_id: 'sallyport',
  client_secret: 'canary-client-secret',
  redirect_uris: [`${GATEWAY}/connect/lab/callback`],
  grant_types: ['authorization_code', 'refresh_token'],
};

interface Process {
  readonly connections: Connections;
  readonly flow: ConnectFlow;
  readonly storage: Storage;
}

interface Lab {
  readonly provider: UpstreamProvider;
  readonly target: PersonalTarget;
  readonly events: Event[];
  readonly time: { ahead: number };
  readonly metadata: Record<string, unknown>;
  /** A process of its own on the same database. */
  open(more?: { readonly ask?: Ask }): Promise<Process>;
  connect(process: Process, person: Subject, account?: string, target?: PersonalTarget): Promise<void>;
  token(process: Process, person: Subject, target?: PersonalTarget): Promise<string>;
}

/** A target with metadata, its authorization server, and processes of a gateway that share a database. */
async function lab(context: TestContext, databases: FreshDatabases, spec: PerPersonSpec = {}): Promise<Lab> {
  const url = await databases.url();
  const metadata: Record<string, unknown> = {};
  let address = '';
  const provider = await startUpstreamProvider({ clients: [CLIENT], resource: () => address });
  const server = createServer((_request, response) => {
    const document = { resource: address, authorization_servers: [provider.issuer], scopes_supported: ['tools:use'], ...metadata };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  const { port, close } = await listen(server);
  address = `http://127.0.0.1:${port}/mcp`;
  const key = sealingKey(randomBytes(32));
  const keys: SealingKeys = {
    current: () => Promise.resolve(key),
    find: (id) => Promise.resolve(id === key.id ? key : undefined),
    rotate: () => Promise.resolve(key),
  };
  const events: Event[] = [];
  const recorder = { append: (event: Event) => Promise.resolve(void events.push(event)) };
  const time = { ahead: 0 };
  const now = (): number => Date.now() + time.ahead;
  const target: PersonalTarget = { name: 'lab', address, spec };
  const opened: Process[] = [];
  context.after(async () => {
    for (const { connections, storage } of opened) {
      await connections.close();
      await storage.close();
    }
    await provider.close();
    await close();
  });
  const read = async ({ connections }: Process, person: Subject, at: PersonalTarget = target): Promise<string> => {
    const resolved = await connections.credential(at.spec, { target: at.name, address: at.address, subject: person });
    assert.ok(resolved.kind === 'headers');
    return (resolved.headers[0]?.[1].reveal() ?? '').replace('Bearer ', '');
  };
  return {
    provider,
    target,
    events,
    time,
    metadata,
    token: read,
    async open({ ask: asking = ask } = {}) {
      const storage = await openStorage({ url });
      const secrets = createSecretReader({ env: { CLIENT_SECRET: CLIENT.client_secret } });
      const shared = { storage, keys, secrets, ask: asking, now };
      const connections = await openConnections({ ...shared, recorder, url: GATEWAY, owner: `process-${opened.length}`, pollMs: 20 });
      const process = { connections, flow: createConnectFlow({ ...shared, connections }), storage };
      opened.push(process);
      return process;
    },
    async connect({ flow }, person, account = person.id, at = target) {
      provider.as(account);
      const { url, browser } = await flow.depart(person, at);
      await flow.arrive(at.name, arrivalOf(await agreeAt(url)), browser);
      await flow.finish(person, at, browser);
    },
  };
}

const arrivalOf = ({ searchParams }: URL): Arrival => ({
  state: searchParams.get('state') ?? '',
  code: searchParams.get('code') ?? undefined,
  error: searchParams.get('error') ?? undefined,
  iss: searchParams.get('iss') ?? undefined,
});

const refusedWith = (code: string, message: RegExp) => (error: unknown) => {
  const text = explainError(error);
  assert.deepEqual([(error as { code?: string }).code, message.test(text) || text], [code, true]);
  assert.doesNotMatch(text + inspect(error, { depth: 2 }), /canary/);
  return true;
};

/** What documents say that a hostile target or server might. */
const HOSTILE: readonly (readonly [what: string, resource: Record<string, unknown>, server: Record<string, unknown> | undefined, says: RegExp])[] = [
  ['another resource', { resource: 'https://other.example/mcp' }, undefined, /about another resource/],
  ['a neighbour of the address', { resource: 'ADDRESS-2' }, undefined, /about another resource/],
  ['a server inside', { authorization_servers: ['http://10.0.0.1'] }, undefined, /cannot be asked.*not an address that may be reached/],
  ['a metadata service', { authorization_servers: ['http://169.254.169.254'] }, undefined, /not an address that may be reached/],
  ['a name that leads inside', { authorization_servers: ['http://localhost:1'] }, undefined, /not an address that may be reached/],
  ['a script', { authorization_servers: ['javascript:alert(1)'] }, undefined, /no URL that may be used/],
  ['a file', { authorization_servers: ['file:///etc/passwd'] }, undefined, /no URL that may be used/],
  ['a server with a password', { authorization_servers: ['http://a:b@127.0.0.1'] }, undefined, /no URL that may be used/],
  ['another issuer', {}, { issuer: 'https://other.example' }, /speaks for another issuer/],
  ['no PKCE', {}, { code_challenge_methods_supported: undefined }, /does not know PKCE/],
  ['plain PKCE', {}, { code_challenge_methods_supported: ['plain'] }, /does not know PKCE/],
  ['an endpoint that is a script', {}, { authorization_endpoint: 'javascript:alert(1)' }, /authorization_endpoint is no URL/],
  ['no token endpoint', {}, { token_endpoint: undefined }, /token_endpoint is no URL/],
];

onBothDatabases((databases) => {
  test('a person who has not connected is refused with the page; one who has reaches the target as that account, and nobody else does', async (context) => {
    const site = await lab(context, databases);
    const one = await site.open();
    const asking = one.connections.credential(site.target.spec, { target: 'lab', address: site.target.address, subject: ann });
    await assert.rejects(asking, (error) => {
      const { code, link } = error as { code?: string; link?: string };
      assert.deepEqual([code, link], ['not_connected', `${GATEWAY}/connect/lab`]);
      return true;
    });
    await site.connect(one, ann);
    await site.connect(one, bob, 'bob-at-the-target');
    const [ofAnn, ofBob] = await Promise.all([site.token(one, ann), site.token(one, bob)]);
    assert.deepEqual([await site.provider.accountOf(ofAnn), await site.provider.accountOf(ofBob)], ['ann', 'bob-at-the-target']);
    assert.notEqual(ofAnn, ofBob);
    // The same id at another provider, and the same name, are somebody else.
    for (const other of [
      { ...ann, issuer: 'https://other.example' },
      { ...ann, id: 'ann2' },
      { ...ann, kind: 'workload' as const },
    ])
      await assert.rejects(site.token(one, other), { code: 'not_connected' });
    assert.deepEqual(
      site.events.map(({ kind, subject, target }) => [kind, subject?.name, target]),
      [
        ['connection.made', 'ann', 'lab'],
        ['connection.made', 'bob', 'lab'],
      ],
    );
  });

  test('an AI agent that acts for a person has that account; alone, or for somebody else, it has none', async (context) => {
    const site = await lab(context, databases);
    const one = await site.open();
    await site.connect(one, ann);
    const agent: Subject = { kind: 'ai-agent', id: 'helper', name: 'helper', groups: [], issuer: 'https://idp.example' };
    assert.equal(await site.token(one, { ...agent, onBehalfOf: ann }), await site.token(one, ann));
    await assert.rejects(site.token(one, { ...agent, onBehalfOf: bob }), refusedWith('not_connected', /bob has not connected/));
    await assert.rejects(site.token(one, agent), refusedWith('not_connected', /no person asks/));
  });

  test('an account belongs to the address and the issuer that it was connected at: a target that moves has none', async (context) => {
    const site = await lab(context, databases);
    const one = await site.open();
    await site.connect(one, ann);
    await site.token(one, ann);
    await assert.rejects(site.token(one, ann, { ...site.target, address: 'http://127.0.0.1:1/mcp' }), { code: 'not_connected' });
    await assert.rejects(site.token(one, ann, { ...site.target, spec: { issuer: 'https://other.example' } }), { code: 'not_connected' });
    const row = await one.storage.db.selectFrom('connections').selectAll().executeTakeFirstOrThrow();
    assert.doesNotMatch(JSON.stringify(row), new RegExp((await site.token(one, ann)).slice(0, 20)));
    // What is sealed for one person does not open for another.
    await one.storage.db
      .insertInto('connections')
      .values({ ...row, id: '0'.repeat(26), person_key: JSON.stringify(['person', bob.issuer, bob.id]), person: 'bob' })
      .execute();
    await assert.rejects(site.token(one, bob), refusedWith('credential_missing', /changed or belongs elsewhere/));
  });

  test('whoever opens a link of somebody else gains nothing: the way is of one person and one browser, and is gone once', async (context) => {
    const site = await lab(context, databases);
    const { flow, ...rest } = await site.open();
    const lost = refusedWith('forbidden', /not the way that was begun in this browser/);
    site.provider.as('victim-at-the-target');
    const mallory = await flow.depart(bob, site.target);
    const arrival = arrivalOf(await agreeAt(mallory.url));
    // The victim's browser came back, without mallory's cookie or with one of its own.
    await assert.rejects(flow.arrive('lab', arrival, undefined), lost);
    await assert.rejects(flow.arrive('lab', arrival, (await flow.depart(ann, site.target)).browser), lost);
    await assert.rejects(flow.arrive('other', arrival, mallory.browser), lost);
    await assert.rejects(flow.arrive('lab', { ...arrival, state: 'x'.repeat(43) }, mallory.browser), lost);
    // The cookie was planted: then another person is signed in there.
    await flow.arrive('lab', arrival, mallory.browser);
    await assert.rejects(flow.finish(ann, site.target, mallory.browser), refusedWith('forbidden', /begun by somebody else/));
    await assert.rejects(flow.finish(bob, site.target, mallory.browser), lost);
    assert.deepEqual(await rest.connections.list(), []);

    const own = await flow.depart(ann, site.target);
    const back = arrivalOf(await agreeAt(own.url));
    await flow.arrive('lab', back, own.browser);
    await assert.rejects(flow.arrive('lab', back, own.browser), lost);
    await assert.rejects(flow.finish(ann, site.target, own.browser), lost);

    const late = await flow.depart(ann, site.target);
    const tooLate = arrivalOf(await agreeAt(late.url));
    site.time.ahead += 11 * 60_000;
    await assert.rejects(flow.arrive('lab', tooLate, late.browser), lost);
  });

  test('an answer of another authorization server, and a refusal, connect nothing', async (context) => {
    const site = await lab(context, databases);
    const { flow } = await site.open();
    for (const iss of [undefined, 'https://attacker.example']) {
      const { url, browser } = await flow.depart(ann, site.target);
      const arrival = { ...arrivalOf(await agreeAt(url)), iss };
      await assert.rejects(flow.arrive('lab', arrival, browser), refusedWith('forbidden', /not the way/));
      await assert.rejects(flow.finish(ann, site.target, browser), refusedWith('forbidden', /not the way/));
    }
    const { url, browser } = await flow.depart(ann, site.target);
    const state = new URL(url).searchParams.get('state') ?? '';
    await assert.rejects(
      flow.arrive('lab', { state, error: 'access_denied', iss: site.provider.issuer }, browser),
      refusedWith('forbidden', /did not agree: access_denied/),
    );
  });

  // The embedded database is one process's.
  if (databases.kind === 'postgres')
    test('tokens are refreshed before their end, and of two processes one asks', async (context) => {
      const site = await lab(context, databases);
      const [one, two] = [await site.open(), await site.open()];
      await site.connect(one, ann);
      const first = await site.token(one, ann);
      assert.equal(await site.token(two, ann), first);
      site.time.ahead += 601_000;
      const asked = await Promise.all([one, two, one, two].map((process) => site.token(process, ann)));
      assert.equal(new Set(asked).size, 1);
      assert.notEqual(asked[0], first);
      assert.equal(site.provider.grants.filter(({ grant }) => grant === 'refresh_token').length, 1);
      // The next one is due, not over: nobody waits for it.
      site.time.ahead += 580_000;
      assert.equal(await site.token(one, ann), asked[0]);
      await until('the refreshed token', async () => ((await site.token(one, ann)) === asked[0] ? undefined : true));
      assert.equal(await site.provider.accountOf(await site.token(one, ann)), 'ann');
    });

  test('a refresh token that was withdrawn ends the connection, which is told and recorded; connecting again mends it', async (context) => {
    const site = await lab(context, databases);
    const one = await site.open();
    await site.connect(one, ann);
    await site.connect(one, bob);
    await site.provider.revoke('ann');
    site.time.ahead += 601_000;
    await assert.rejects(site.token(one, ann), refusedWith('not_connected', /ann has not connected/));
    assert.equal(await site.provider.accountOf(await site.token(one, bob)), 'bob');
    const ended = site.events.find(({ kind }) => kind === 'connection.ended');
    assert.match(ended?.note ?? '', /refused to refresh it: invalid_grant/);
    const row = await one.storage.db.selectFrom('connections').selectAll().where('person', '=', 'ann').executeTakeFirstOrThrow();
    assert.deepEqual([row.status, row.sealed], ['ended', '']);
    await site.connect(one, ann);
    assert.equal(await site.provider.accountOf(await site.token(one, ann)), 'ann');
  });

  test('a target that refuses a token has it refreshed once; a server that is away does not end a connection', async (context) => {
    let away = false;
    const site = await lab(context, databases);
    const one = await site.open({ ask: (question) => (away && question.method === 'POST' ? Promise.reject(new Error('away')) : ask(question)) });
    await site.connect(one, ann);
    const resolved = await one.connections.credential({}, { target: 'lab', address: site.target.address, subject: ann });
    const first = await site.token(one, ann);
    site.time.ahead += 10_000;
    resolved.refused?.();
    const second = await site.token(one, ann);
    assert.notEqual(second, first);
    assert.equal(resolved.refusal?.code, 'not_connected');
    away = true;
    site.time.ahead += 601_000;
    await assert.rejects(site.token(one, ann), refusedWith('credential_missing', /cannot be asked/));
    assert.equal((await one.connections.list()).length, 1);
    away = false;
    site.time.ahead += 6000;
    assert.equal(await site.provider.accountOf(await site.token(one, ann)), 'ann');
  });

  // The embedded database is one process's.
  if (databases.kind === 'postgres')
    test('a connection that ends ends in every process, and the authorization server hears of it', async (context) => {
      const site = await lab(context, databases);
      const [one, two] = [await site.open(), await site.open()];
      await site.connect(one, ann);
      await site.token(two, ann);
      const refreshToken = await site.token(one, ann);
      const [connection] = await one.connections.list();
      await one.connections.end(connection?.id ?? '', bob, site.target);
      await assert.rejects(site.token(one, ann), { code: 'not_connected' });
      await until('the other process', () => site.token(two, ann).then(() => undefined, () => true)); // prettier-ignore
      assert.equal(site.events.at(-1)?.note, 'of ann');
      await until('the revocation', async () => ((await site.provider.accountOf(refreshToken)) === undefined ? true : undefined));
      await assert.rejects(one.connections.end(connection?.id ?? '', bob), { code: 'not_found' });
    });

  test('a client that was registered by hand proves itself with its secret, which is refused where it is another', async (context) => {
    const client = { id: 'sallyport', secret: { env: 'CLIENT_SECRET' }, sendSecret: 'basic' as const };
    const site = await lab(context, databases, { client, scopes: ['tools:use'] });
    const one = await site.open();
    await site.connect(one, ann);
    assert.equal(await site.provider.accountOf(await site.token(one, ann)), 'ann');
    assert.deepEqual(await one.storage.db.selectFrom('oauth_registrations').selectAll().execute(), []);
    const wrong = { ...site.target, spec: { client: { ...client, secret: { env: 'ABSENT' } } } };
    await assert.rejects(site.connect(one, bob, 'bob', wrong), refusedWith('credential_missing', /ABSENT is not set/));
  });

  test('the gateway introduces itself by its own document where it may, else it is registered once', async (context) => {
    const site = await lab(context, databases);
    const one = await site.open();
    const first = new URL((await one.flow.depart(ann, site.target)).url).searchParams;
    const second = new URL((await one.flow.depart(bob, site.target)).url).searchParams;
    assert.equal(first.get('client_id'), second.get('client_id'));
    assert.deepEqual(
      [first.get('code_challenge_method'), first.get('resource'), first.get('scope')],
      ['S256', site.target.address, 'tools:use offline_access'],
    );
    const { clientAt } = await import('./registration.ts');
    const { server } = await one.connections.discover(site.target);
    const keys: SealingKeys = { current: () => assert.fail(), find: () => assert.fail(), rotate: () => assert.fail() };
    const deps = { storage: one.storage, keys, secrets: createSecretReader({ env: {} }), ask: () => assert.fail(), now: Date.now };
    const presence = { redirectUri: 'https://gateway.example/connect/lab/callback', documentUrl: 'https://gateway.example/connect/lab/client.json' };
    assert.equal((await clientAt({ ...server, readsClientDocuments: true }, presence, {}, deps)).id, presence.documentUrl);
    const closed = { ...server, registrationEndpoint: undefined };
    await assert.rejects(clientAt(closed, presence, {}, deps), refusedWith('credential_missing', /takes no client that it does not know/));
  });

  test('what a hostile target or server says of itself leads nowhere', async (context) => {
    const site = await lab(context, databases);
    const one = await site.open();
    let served: Record<string, unknown> = {};
    const server = createServer((request, response: ServerResponse) => {
      const isThere = request.url === '/.well-known/oauth-authorization-server';
      response.writeHead(isThere ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(served));
    });
    const { port, close } = await listen(server);
    context.after(close);
    const issuer = `http://127.0.0.1:${port}`;
    const sound = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t`, code_challenge_methods_supported: ['S256'] };
    for (const [index, [what, resource, hostile, says]] of HOSTILE.entries()) {
      const named = JSON.parse(JSON.stringify(resource).replace('ADDRESS', site.target.address)) as Record<string, unknown>;
      Object.assign(site.metadata, { resource: site.target.address, authorization_servers: [issuer] }, named);
      served = { ...sound, ...hostile };
      // Another spelling of the same address: what was discovered is kept for some minutes.
      const target = { ...site.target, address: `${site.target.address}?${index}` };
      await assert.rejects(one.flow.depart(ann, target), refusedWith('credential_missing', says), what);
    }
    Object.assign(site.metadata, { resource: site.target.address, authorization_servers: [issuer] });
    served = { ...sound, token_endpoint: 'http://192.168.0.1/token' };
    const client = { id: 'sallyport', sendSecret: 'basic' as const };
    const inside = { ...site.target, spec: { client } };
    const { url, browser } = await one.flow.depart(ann, inside);
    const state = new URL(url).searchParams.get('state') ?? '';
    await one.flow.arrive('lab', { state, code: 'canary-code', iss: issuer }, browser);
    await assert.rejects(one.flow.finish(ann, inside, browser), refusedWith('credential_missing', /not an address that may be reached/));
  });
});
