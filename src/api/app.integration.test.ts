import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CANARY, startTestApi, type TestApi } from './testing.ts';

let api: TestApi;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-console-'));
  await mkdir(join(folder, 'dist', 'assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), CANARY);
  await writeFile(join(folder, 'dist', 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(folder, 'dist', 'assets', 'app-1a2b.js'), 'export {};');
  api = await startTestApi({ consoleFolder: join(folder, 'dist') });
});

after(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

test('health needs no sign-in, everything else does', async () => {
  assert.deepEqual((await api.call('/api/health')).json, { status: 'ok' });
  const closed = [
    'GET /api/me',
    'GET /api/targets',
    'GET /api/approvals',
    'GET /api/approvals/stream',
    'GET /api/approvals/X',
    'GET /api/sessions',
    'GET /api/sessions/X',
    'GET /api/policy',
    'GET /api/targets/models/access',
    'GET /api/targets/models/tools',
  ];
  const unsafe = ['POST /api/sign-out', 'POST /api/token', 'POST /api/approvals/X/approve', 'POST /api/audit/verify', 'POST /api/policy/explain'];
  for (const route of [...closed, ...unsafe]) {
    const [method = '', path = ''] = route.split(' ');
    const reply = await api.call(path, { method, ...(method === 'POST' ? { body: {} } : {}) });
    assert.equal(reply.status, 401, route);
    assert.equal((reply.json['error'] as { code: string }).code, 'unauthenticated');
  }
});

test('a request that names another host is refused, whatever it asks for: no name can be pointed here', async () => {
  const own = new URL(api.url).host;
  for (const path of ['/api/health', '/api/sign-in', '/', '/.well-known/oauth-protected-resource/mcp/models']) {
    assert.notEqual((await api.call(path, { headers: { host: own } })).status, 403);
    for (const host of ['evil.example', `evil.example:${own.split(':')[1]}`, 'localhost', '127.0.0.2:80']) {
      assert.equal((await api.call(path, { headers: { host } })).status, 403, `${host}${path}`);
    }
  }
});

test('a request of another site’s page is refused', async () => {
  const body = { name: 'lead', password: CANARY };
  const status = async (headers: Record<string, string>): Promise<number> => (await api.call('/api/sign-in', { method: 'POST', body, headers })).status;
  assert.equal(await status({ origin: api.url }), 200);
  for (const origin of ['https://evil.example', 'null', `${api.url}.evil.example`, 'http://localhost:1']) assert.equal(await status({ origin }), 403, origin);
  assert.equal(await status({ 'sec-fetch-site': 'cross-site' }), 403);
});

test('a body is JSON, declared so, small, and holds nothing unknown or twice', async () => {
  const post = (raw: string, headers: Record<string, string> = {}) => api.call('/api/sign-in', { method: 'POST', raw, headers });
  const body = JSON.stringify({ name: 'lead', password: CANARY });
  assert.equal((await post(body, { 'content-type': 'application/json; charset=utf-8' })).status, 200);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json, text/plain', 'application/jsonx']) {
    assert.equal((await post(body, { 'content-type': type })).status, 400, type);
  }
  assert.equal((await post(body.replace('{', '{"admin":true,'))).status, 400);
  assert.equal((await post(body.replace('{', '{"name":"owner",'))).status, 400);
  assert.equal((await post('{')).status, 400);
  assert.equal((await post(JSON.stringify({ name: 'lead', password: 'x'.repeat(70_000) }))).status, 413);
});

test('every reply says that it is not to be framed, sniffed or referred from, and API replies that they are not to be kept', async () => {
  for (const path of ['/', '/api/health', '/api/me', '/api/nothing', '/nothing']) {
    const { headers } = await api.call(path, { headers: { accept: 'text/html' } });
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*script-src 'self';.*frame-ancestors 'none'/, path);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['access-control-allow-origin'], undefined);
    if (path.startsWith('/api')) assert.equal(headers['cache-control'], 'no-store');
  }
});

test('the console is served with its types, and nothing outside its folder', async () => {
  const page = await api.call('/', { headers: { accept: 'text/html' } });
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(page.text, /console/);
  assert.equal((await api.call('/sessions/1', { headers: { accept: 'text/html' } })).text, page.text);
  const script = await api.call('/assets/app-1a2b.js');
  assert.equal(script.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.match(String(script.headers['cache-control']), /immutable/);
  for (const path of ['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/../../secret.txt', '//secret.txt', '/assets', '/assets/']) {
    assert.ok(!(await api.call(path)).text.includes(CANARY), path);
  }
  assert.equal((await api.call('/assets/nothing.js')).status, 404);
});

test('what is no route of the API is a JSON error, not a page of the console', async () => {
  const reply = await api.call('/api/nothing', { headers: { accept: 'text/html' } });
  assert.equal(reply.status, 404);
  assert.equal((reply.json['error'] as { code: string }).code, 'not_found');
});

test('metadata is open, in the path form for any name and in the root form for none of several', async () => {
  const reply = await api.call('/.well-known/oauth-protected-resource/mcp/models');
  assert.equal(reply.json['resource'], `${api.url}/mcp/models`);
  assert.deepEqual(reply.json['authorization_servers'], [api.url]);
  assert.equal((await api.call('/.well-known/oauth-protected-resource/mcp/nothing')).status, 200);
  assert.equal((await api.call('/.well-known/oauth-protected-resource')).status, 404);
  assert.equal((await api.call('/.well-known/openid-configuration', { headers: { accept: 'text/html' } })).status, 404);
});

test('an error of the gateway’s own is reported to the operator and told to the caller without its cause', async () => {
  const broken = await startTestApi({
    recordings: {
      list: () => Promise.reject(new Error(`no such table ${CANARY}`)),
      read: () => Promise.resolve(undefined),
      verify: () => Promise.resolve({}),
      sinks: () => Promise.resolve([]),
    },
  });
  const reply = await broken.call('/api/sessions', { headers: await broken.signIn('owner') });
  assert.equal(reply.status, 500);
  assert.ok(!reply.text.includes(CANARY));
  assert.match(String(broken.reports[0]), /no such table/);
  await broken.close();
});
