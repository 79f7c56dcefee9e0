import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test, type TestContext } from 'node:test';
import { Secret } from '../core/secret.ts';
import { Registry } from '../telemetry/registry.ts';
import { isLoopback, serveMetrics, type MetricsServerOptions } from './metrics-server.ts';

async function serving(t: TestContext, more: Partial<MetricsServerOptions> = {}) {
  const registry = new Registry();
  registry.counter({ name: 'calls', help: 'Calls.' }).with().add();
  const server = await serveMetrics(registry, { host: '127.0.0.1', port: 0, ...more });
  t.after(() => server.close());
  return (path = '/metrics', headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: server.port, path, headers, method }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }));
      });
      sent.on('error', reject);
      sent.end();
    });
}

test('metrics are read at /metrics, and nothing else is there', async (t) => {
  const get = await serving(t);
  const { status, type, text } = await get();
  assert.deepEqual([status, type], [200, 'text/plain; version=0.0.4; charset=utf-8']);
  assert.match(text, /^calls_total 1$/m);
  assert.match((await get('/metrics', { accept: 'application/openmetrics-text' })).text, /# EOF\n$/);
  assert.equal((await get('/api/approvals')).status, 404);
  assert.equal((await get('/metrics', {}, 'POST')).status, 405);
});

test('a page in a browser of the same machine reads nothing: neither under a name of its own nor across origins', async (t) => {
  const get = await serving(t);
  assert.equal((await get('/metrics', { host: 'localhost:7601' })).status, 200);
  assert.equal((await get('/metrics', { host: 'rebound.attacker.example' })).status, 403);
  assert.equal((await get('/metrics', { host: 'localhost.attacker.example' })).status, 403);
  assert.equal((await get('/metrics', { origin: 'http://localhost:3000' })).status, 403);
});

test('with a token, the token decides: without it, with a wrong one or with another scheme there are no metrics', async (t) => {
  const get = await serving(t, { token: async () => new Secret('scrape-me') });
  assert.equal((await get('/metrics', { authorization: 'Bearer scrape-me', host: 'gateway:7601' })).status, 200);
  for (const authorization of ['', 'Bearer scrape', 'Bearer scrape-me2', 'Basic scrape-me', 'scrape-me'])
    assert.equal((await get('/metrics', { authorization })).status, 401, authorization);
  assert.equal((await get()).status, 401);
});

test('an empty token opens nothing', async (t) => {
  const get = await serving(t, { token: async () => new Secret('') });
  assert.equal((await get('/metrics', { authorization: 'Bearer ' })).status, 401);
});

test('only addresses of this machine alone count as such', () => {
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) assert.equal(isLoopback(host), true, host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'gateway', '']) assert.equal(isLoopback(host), false, host);
});
