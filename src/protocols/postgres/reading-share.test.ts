import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { int32, message } from './codec.ts';
import { SHARE_BYTES } from './reading-share.ts';
import { Server } from './server.ts';

const ROW = message(0x44, Buffer.of(0, 1), int32(1000), Buffer.alloc(1000, 0x78));
const ROWS = 20_000;
const ANSWER = Buffer.concat([...Array.from({ length: ROWS }, () => ROW), message(0x43)]);

/** A connection whose other end has said all that there is room for. */
async function fullLine(upstream: ReturnType<typeof createServer>): Promise<Socket> {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  // listening on TCP, so the address is an object
  const { port } = upstream.address() as AddressInfo;
  const accepted = once(upstream, 'connection') as Promise<[Socket]>; // as Node documents it
  const socket = connect(port, '127.0.0.1').pause();
  const [sender] = await accepted;
  // The kernel takes at once what it has room for.
  sender.write(ANSWER);
  return socket;
}

test('while a long result is read, others get their turn after every share of it', async () => {
  const upstream = createServer();
  const socket = await fullLine(upstream);
  const nothing = (): void => {};
  const server = new Server(
    { socket, user: '', parameters: new Map(), pid: 0, secret: Buffer.alloc(4), cancel: async () => {} },
    { longest: 1 << 20, askMs: 10_000 },
    { parameter: nothing, pass: nothing, failed: nothing, ready: nothing, answered: nothing, lost: nothing, masked: () => false },
  );
  let [messages, inTurn, most] = [0, 0, 0];
  const others = (): void => {
    most = Math.max(most, inTurn);
    inTurn = 0;
    if (messages <= ROWS) setImmediate(others);
  };
  setImmediate(others);
  await new Promise<void>((resolve) => {
    const take = (frame: { readonly start: number; readonly end: number }): 'more' | 'done' => {
      inTurn += frame.end - frame.start;
      messages += 1;
      if (messages <= ROWS) return 'more';
      resolve();
      return 'done';
    };
    server.send([ROW], [{ round: 'own', take }]);
  });
  server.close();
  upstream.close();
  assert.equal(messages, ROWS + 1);
  assert.ok(most > 0 && most <= 3 * SHARE_BYTES, `${most} bytes in one turn`);
});
