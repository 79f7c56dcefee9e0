import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { listen } from '../../../test/support/listen.ts';
import { createResponder, type Responder } from './responder.ts';

/** A stream that is open, and whether its caller reads it. */
async function openStream(t: { after(end: () => Promise<void>): void }, reads: 'reads' | 'reads nothing'): Promise<Responder> {
  const { promise, resolve } = Promise.withResolvers<Responder>();
  const { port, close } = await listen(
    createServer((_request, response) => {
      const responder = createResponder(response, { keepAliveMs: 50, stalledMs: 1000 });
      responder.startStream();
      resolve(responder);
    }),
  );
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  if (reads === 'reads') socket.resume();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  t.after(async () => {
    socket.destroy();
    await close();
  });
  return promise;
}

const large = `data: ${'x'.repeat(1 << 20)}\n\n`;

test('a caller that takes nothing of its stream is hung up on', { timeout: 30_000 }, async (t) => {
  const responder = await openStream(t, 'reads nothing');
  const gone = once(responder.left, 'abort');
  for (let at = 0; at < 64 && !responder.left.aborted; at += 1) await responder.event(large);
  await gone;
  assert.ok(responder.left.aborted);
});

test('a caller that reads gets all of it, however much', { timeout: 30_000 }, async (t) => {
  const responder = await openStream(t, 'reads');
  for (let at = 0; at < 64; at += 1) await responder.event(large);
  assert.equal(responder.left.aborted, false);
});
