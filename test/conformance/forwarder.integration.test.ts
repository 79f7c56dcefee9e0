import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import test, { type TestContext } from 'node:test';
import { listen } from '../support/listen.ts';
import { until } from '../support/until.ts';
import { startForwarder } from './forwarder.ts';

async function start(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const upstream = await listen(createServer(answer));
  const forwarder = await startForwarder(`http://127.0.0.1:${upstream.port}/mcp`, 'the-token');
  t.after(() => Promise.all([forwarder.close(), upstream.close()]));
  return forwarder.url;
}

test('the first event of a stream arrives while the stream is still open, and a caller that leaves is gone upstream too', async (t) => {
  let gone = false;
  const url = await start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    response.on('close', () => (gone = true));
  });
  const abort = new AbortController();
  const { body } = await fetch(url, { signal: abort.signal });
  const first = await body?.getReader().read();
  assert.equal(Buffer.from(first?.value ?? []).toString(), 'data: 1\n\n');
  assert.equal(gone, false);
  abort.abort();
  await until('the disconnect', () => gone || undefined);
});

test('method, path, body and status go through, and the token is there', async (t) => {
  const url = await start(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response
        .writeHead(418, { 'x-upstream': 'yes' })
        .end(`${request.method} ${request.url} ${request.headers.authorization} ${Buffer.concat(chunks).toString()}`),
    );
  });
  const reply = await fetch(`${url}?a=b`, { method: 'POST', body: 'hello' });
  assert.deepEqual([reply.status, reply.headers.get('x-upstream'), await reply.text()], [418, 'yes', 'POST /mcp?a=b Bearer the-token hello']);
});
