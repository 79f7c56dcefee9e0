import assert from 'node:assert/strict';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { freePort } from '../../test/support/listen.ts';
import { createHostCheck } from '../identity/host.ts';
import { listen } from './http-server.ts';

let port: number;
let server: { close(): Promise<void> };
const failures: unknown[] = [];

before(async () => {
  port = await freePort();
  server = await listen(
    { host: '127.0.0.1', port },
    {
      hosts: createHostCheck(`http://localhost:${port}`, port),
      protocols: new Map([['mcp', () => Promise.reject(new Error('a secret of the inside'))]]),
      rest: (_request, response) => void response.end('{}'),
      onError: (error) => failures.push(error),
    },
  );
});
after(() => server.close());

async function ask(path: string, headers: Record<string, string | string[]> = {}): Promise<{ readonly status: number | undefined; readonly code: string }> {
  const sent = request({ host: '127.0.0.1', port, path, headers: { host: `localhost:${port}`, ...headers }, setHost: false }).end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => sent.on('response', resolve).on('error', reject));
  const body = JSON.parse(await text(response)) as { readonly error?: { readonly code: string } };
  return { status: response.statusCode, code: body.error?.code ?? '' };
}

test('what is refused before anybody looks at it says why by a code: a bad request is no lack of rights', async () => {
  assert.deepEqual(await ask('/api/health'), { status: 200, code: '' });
  assert.deepEqual(await ask(`http://localhost:${port}/api/health`), { status: 400, code: 'usage' });
  assert.deepEqual(await ask('/api/health', { host: 'evil.example' }), { status: 403, code: 'forbidden' });
  assert.deepEqual(await ask('/api/health', { origin: 'https://evil.example' }), { status: 403, code: 'forbidden' });
});

test('a failure of the gateway is told as one, and what failed only to the operator', async () => {
  assert.deepEqual(await ask('/mcp/models'), { status: 500, code: 'internal' });
  assert.match(String(failures), /a secret of the inside/);
});
