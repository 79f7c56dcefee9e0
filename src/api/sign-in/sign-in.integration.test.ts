import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CANARY, startTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(() => api.close());

const signIn = (body: unknown, headers: Record<string, string> = {}) => api.call('/api/sign-in', { method: 'POST', body, headers });

test('a browser that signs in gets a cookie that no script reads and no other site sends', async () => {
  const reply = await signIn({ name: 'lead', password: CANARY });
  assert.equal(reply.status, 200);
  assert.match(reply.headers['set-cookie']?.[0] ?? '', /^sallyport=[\w-]{43}; Path=\/; Max-Age=28\d{3}; HttpOnly; SameSite=Strict$/);
  assert.deepEqual(reply.json['subject'], { name: 'lead', kind: 'person', groups: ['ml-leads'] });
  assert.equal(reply.json['token'], undefined);
});

test('over https the cookie is secure and bound to the host', async () => {
  const { signInCookie } = await import('../cookie.ts');
  assert.equal(signInCookie('https://gw.example').set('s', 9), '__Host-sallyport=s; Path=/; Max-Age=9; HttpOnly; SameSite=Strict; Secure');
});

test('the CLI gets a token instead, which signs in as a header and as nothing else', async () => {
  const reply = await signIn({ name: 'lead', password: CANARY, client: 'cli' });
  assert.equal(reply.headers['set-cookie'], undefined);
  const token = String(reply.json['token']);
  assert.equal((await api.call('/api/me', { headers: { authorization: `Bearer ${token}` } })).status, 200);
  assert.equal((await api.call(`/api/me?access_token=${token}`)).status, 401);
});

test('a wrong password and an unknown name are told the same', async () => {
  const [wrong, unknown] = [await signIn({ name: 'owner', password: 'wrong' }), await signIn({ name: 'nobody', password: 'wrong' })];
  assert.equal(wrong.status, 401);
  assert.equal(wrong.text, unknown.text);
  assert.deepEqual(Object.keys(wrong.headers).toSorted(), Object.keys(unknown.headers).toSorted());
});

test('who is signed in is told to the cookie’s owner, and nothing to anybody else', async () => {
  const headers = await api.signIn('lead');
  const me = await api.call('/api/me', { headers });
  assert.deepEqual(me.json, {
    subject: { name: 'lead', kind: 'person', groups: ['ml-leads'] },
    csrf: headers['x-csrf-token'],
    owns: [],
    reads: 'own',
    local: true,
  });
  assert.deepEqual((await api.call('/api/me', { headers: await api.signIn('owner') })).json['owns'], ['models']);
  const forged = [
    {},
    { cookie: 'sallyport=x' },
    { cookie: `${headers['cookie']}; ${headers['cookie']}` },
    { ...headers, authorization: 'Bearer wrong' },
    { 'x-forwarded-user': 'lead' },
  ];
  for (const other of forged) assert.equal((await api.call('/api/me', { headers: other })).status, 401, JSON.stringify(other));
});

test('what changes something needs the CSRF token of this very sign-in', async () => {
  const headers = await api.signIn('lead');
  const { cookie } = headers;
  const others = await api.signIn('owner');
  for (const token of ['', 'x', others['x-csrf-token'] ?? '']) {
    assert.equal((await api.call('/api/sign-out', { method: 'POST', headers: { cookie: cookie ?? '', 'x-csrf-token': token } })).status, 403);
  }
  assert.equal((await api.call('/api/me', { headers })).status, 200);
  assert.equal((await api.call('/api/sign-out', { method: 'POST', headers })).status, 200);
});

test('signing out ends the sign-in and clears the cookie', async () => {
  const headers = await api.signIn('lead');
  const reply = await api.call('/api/sign-out', { method: 'POST', body: {}, headers });
  assert.match(reply.headers['set-cookie']?.[0] ?? '', /^sallyport=; Path=\/; Max-Age=0;/);
  assert.equal((await api.call('/api/me', { headers })).status, 401);
  assert.equal(api.events.at(-1)?.kind, 'signin.ended');
});

test('a sign-in never continues the one whose cookie it came with', async () => {
  const before_ = await api.signIn('colleague');
  const reply = await signIn({ name: 'lead', password: CANARY }, { cookie: before_['cookie'] ?? '' });
  assert.equal(reply.status, 200);
  assert.equal((await api.call('/api/me', { headers: before_ })).status, 401);
});

test('guesses are slowed down by name and address, right passwords are not', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 12; n += 1) statuses.push((await signIn({ name: 'somebody', password: 'wrong' })).status);
  assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
  for (let n = 0; n < 12; n += 1) assert.equal((await signIn({ name: 'lead', password: CANARY })).status, 200);
});

test('the password is in no event, no report and no error body', async () => {
  const bodies = [
    { name: 'lead', password: `${CANARY}x` },
    { name: 7, password: CANARY },
    { name: 'lead', password: [CANARY] },
  ];
  for (const body of bodies) assert.ok(!(await signIn(body)).text.includes(CANARY));
  assert.ok(!JSON.stringify([api.events, api.reports.map(String)]).includes(CANARY));
});
