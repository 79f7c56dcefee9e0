import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthenticator } from '../../identity/authenticate.ts';
import { isAuthenticated } from '../../identity/outcome.ts';
import { CANARY, startTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(() => api.close());

const basic = (name: string, password: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });
const ask = (target: string, headers: Record<string, string>) => api.call('/api/token', { method: 'POST', body: { target }, headers });

test('who is signed in gets a token for one target, which is that subject there and nobody elsewhere', async () => {
  const reply = await ask('models', await api.signIn('scientist'));
  assert.equal(reply.json['url'], `${api.url}/mcp/models`);
  assert.ok(Date.parse(String(reply.json['expiresAt'])) <= Date.now() + 600_000);
  const { authenticate } = createAuthenticator({ issuers: [], own: api.keys, url: api.url });
  const there = await authenticate(`Bearer ${String(reply.json['token'])}`, 'models');
  assert.ok(isAuthenticated(there));
  assert.deepEqual(there.subject, { kind: 'person', id: 'scientist', name: 'scientist', groups: ['data-science'], issuer: 'local' });
  assert.ok(!isAuthenticated(await authenticate(`Bearer ${String(reply.json['token'])}`, 'payroll')));
});

test('a workload gets one with its password, a wrong password none', async () => {
  assert.equal((await ask('models', basic('ci', CANARY))).status, 200);
  assert.equal((await ask('models', basic('ci', 'wrong'))).status, 401);
});

test('issuing is recorded before the token is handed out, without the token', async () => {
  const reply = await ask('models', await api.signIn('scientist'));
  const issued = api.events.at(-1);
  assert.deepEqual([issued?.kind, issued?.subject?.name, issued?.target], ['token.issued', 'scientist', 'models']);
  assert.ok(!JSON.stringify(api.events).includes(String(reply.json['token']).split('.')[2] ?? ''));
});

test('a target that the subject cannot reach is answered like one that does not exist', async () => {
  const headers = await api.signIn('scientist');
  const [closed, absent] = [await ask('payroll', headers), await ask('nothing', headers)];
  assert.equal(closed.status, 404);
  assert.equal(closed.text, absent.text);
});

test('an access token for a target does not sign in to the API', async () => {
  const { json } = await ask('models', await api.signIn('scientist'));
  assert.equal((await api.call('/api/me', { headers: { authorization: `Bearer ${String(json['token'])}` } })).status, 401);
});

test('targets are listed to who may reach them, without their addresses', async () => {
  const list = async (name: string) => (await api.call('/api/targets', { headers: await api.signIn(name) })).json['targets'];
  assert.deepEqual(await list('scientist'), [{ name: 'models', protocol: 'mcp', url: `${api.url}/mcp/models`, labels: { env: 'prod' } }]);
  assert.deepEqual(await list('owner'), []);
});
