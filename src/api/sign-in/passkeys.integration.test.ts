import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Authenticator, type Saying } from '../../../test/support/authenticator.ts';
import { CANARY, startTestApi, type Reply, type TestApi } from '../testing.ts';

let api: TestApi;
let clock = Date.now();
before(async () => {
  api = await startTestApi({ now: () => clock });
});
after(() => api.close());

type Headers = Record<string, string>;
interface Begun {
  readonly ceremony: string;
  readonly options: { readonly challenge: string };
}

const post = (path: string, body: unknown, headers: Headers = {}): Promise<Reply> => api.call(path, { method: 'POST', body, headers });
const saying = ({ options }: Begun, more: Partial<Saying> = {}): Saying => ({ challenge: options.challenge, origin: api.url, rpId: 'localhost', ...more });
const beginAdding = async (headers: Headers): Promise<Begun> => (await post('/api/passkeys/begin', {}, headers)).json as unknown as Begun;
const password = (name: string) => post('/api/sign-in', { name, password: CANARY });
const beginUse = async (name: string): Promise<Begun> => (await password(name)).json['passkey'] as Begun;

async function add(headers: Headers, authenticator: Authenticator, more: Partial<Saying> = {}): Promise<Reply> {
  const begun = await beginAdding(headers);
  return post('/api/passkeys', { ceremony: begun.ceremony, label: 'a key', response: authenticator.create(saying(begun, more)) }, headers);
}

async function use(name: string, authenticator: Authenticator, more: Partial<Saying> = {}): Promise<Reply> {
  const begun = await beginUse(name);
  return post('/api/sign-in/passkey', { ceremony: begun.ceremony, response: authenticator.get(saying(begun, more)) });
}

test('an account with a passkey signs in with both, and with the password alone no longer, anywhere', async () => {
  const headers = await api.signIn('lead');
  const authenticator = new Authenticator();
  assert.deepEqual((await api.call('/api/passkeys', { headers })).json, { available: true, passkeys: [] });
  assert.equal((await add(headers, authenticator)).status, 201);
  assert.deepEqual([api.events.at(-1)?.kind, api.events.at(-1)?.note], ['subject.changed', 'a passkey was added']);
  const [listed] = (await api.call('/api/passkeys', { headers })).json['passkeys'] as { id: string; label: string }[];
  assert.deepEqual([listed?.id, listed?.label], [authenticator.id, 'a key']);

  const before_ = api.events.length;
  const half = await password('lead');
  assert.equal(half.status, 200);
  assert.deepEqual([half.headers['set-cookie'], half.json['csrf']], [undefined, undefined]);
  assert.ok(!api.events.slice(before_).some(({ kind }) => kind === 'signin.succeeded'));
  const cli = await post('/api/sign-in', { name: 'lead', password: CANARY, client: 'cli' });
  assert.deepEqual([cli.status, cli.json['token']], [401, undefined]);
  const basic = { authorization: `Basic ${Buffer.from(`lead:${CANARY}`).toString('base64')}` };
  assert.equal((await post('/api/token', { target: 'models' }, basic)).status, 401);

  const whole = await use('lead', authenticator);
  assert.equal(whole.status, 200);
  assert.match(whole.headers['set-cookie']?.[0] ?? '', /^sallyport=[\w-]{43};/);
  assert.deepEqual([api.events.at(-1)?.kind, api.events.at(-1)?.note], ['signin.succeeded', 'with a passkey']);
  assert.equal((await post('/api/sign-in', { name: 'lead', password: 'wrong' })).status, 401);
});

test('an answer counts for its own question, place, person and moment, and once', async () => {
  const headers = await api.signIn('owner');
  const [authenticator, anothers] = [new Authenticator(), new Authenticator()];
  await add(headers, authenticator);
  await add(await api.signIn('colleague'), anothers);
  assert.equal((await use('owner', authenticator)).status, 200);
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const wrong: readonly Partial<Saying>[] = [
    { challenge: 'AAAA' },
    { origin: 'https://evil.example' },
    { origin: `${api.url}.evil.example` },
    { rpId: 'evil.example' },
    { type: 'webauthn.create' },
    { flags: 0 },
    { key: stranger },
  ];
  const before_ = api.events.length;
  for (const more of wrong) assert.equal((await use('owner', authenticator, more)).status, 401, JSON.stringify(Object.keys(more)));
  assert.equal((await use('owner', anothers)).status, 401);
  assert.equal((await use('colleague', authenticator)).status, 401);
  assert.ok(api.events.slice(before_).every(({ kind, note }) => kind === 'signin.failed' && note === 'the passkey did not hold'));

  const begun = await beginUse('owner');
  const body = { ceremony: begun.ceremony, response: authenticator.get(saying(begun)) };
  assert.equal((await post('/api/sign-in/passkey', body)).status, 200);
  assert.equal((await post('/api/sign-in/passkey', body)).status, 401);
  const adding = await beginAdding(headers);
  assert.equal((await post('/api/sign-in/passkey', { ceremony: adding.ceremony, response: authenticator.get(saying(adding)) })).status, 401);
  const late = await beginUse('owner');
  clock += 2 * 60_000;
  assert.equal((await post('/api/sign-in/passkey', { ceremony: late.ceremony, response: authenticator.get(saying(late)) })).status, 401);
  for (const ceremony of ['x', '', begun.ceremony.slice(0, -2)]) assert.ok((await post('/api/sign-in/passkey', { ...body, ceremony })).status >= 400);
});

test('a passkey that counts its uses is refused when it counts backwards: then there are two of it', async () => {
  const headers = await api.signIn('scientist');
  const authenticator = new Authenticator();
  await add(headers, authenticator, { counter: 5 });
  assert.equal((await use('scientist', authenticator, { counter: 6 })).status, 200);
  for (const counter of [6, 5, 0]) assert.equal((await use('scientist', authenticator, { counter })).status, 401, String(counter));
  assert.equal((await use('scientist', authenticator, { counter: 7 })).status, 200);
  assert.equal((await post('/api/passkeys/remove', { id: authenticator.id }, headers)).status, 200);
  assert.ok((await password('scientist')).json['csrf']);
});

test('a passkey is added by its own account only, under an answer that holds, and taken away by nobody else', async () => {
  const [mine, others] = [await api.signIn('ci'), await api.signIn('scientist')];
  const authenticator = new Authenticator();
  const wrong: readonly Partial<Saying>[] = [
    { challenge: 'AAAA' },
    { origin: 'https://evil.example' },
    { rpId: 'evil.example' },
    { type: 'webauthn.get' },
    { flags: 0 },
  ];
  for (const more of wrong) assert.equal((await add(mine, authenticator, more)).status, 401, JSON.stringify(Object.keys(more)));
  const begun = await beginAdding(others);
  const planted = { ceremony: begun.ceremony, label: 'x', response: authenticator.create(saying(begun)) };
  assert.equal((await post('/api/passkeys', planted, mine)).status, 401);
  assert.equal((await post('/api/passkeys', planted)).status, 401);
  const { cookie = '' } = mine;
  assert.equal((await post('/api/passkeys/begin', {}, { cookie })).status, 403);
  assert.equal((await add(mine, authenticator)).status, 201);
  assert.equal((await add(others, authenticator)).status, 409);
  assert.equal((await post('/api/passkeys/remove', { id: authenticator.id }, others)).status, 404);
  assert.equal((await post('/api/passkeys/remove', { id: authenticator.id }, mine)).status, 200);
});

test('wrong answers are bounded, and with them what they record', async () => {
  const made = new Authenticator().get({ challenge: 'AAAA', origin: api.url, rpId: 'localhost' });
  const before_ = api.events.length;
  const statuses: number[] = [];
  for (let count = 0; count < 65; count += 1) statuses.push((await post('/api/sign-in/passkey', { ceremony: 'x', response: made })).status);
  assert.equal(statuses.at(-1), 429);
  assert.ok(api.events.length - before_ <= 60);
  clock += 60_000;
  assert.equal((await post('/api/sign-in/passkey', { ceremony: 'x', response: made })).status, 401);
});
