import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startupMessage } from '../../test/support/wire-client.ts';
import { openLocalPort } from './local-port.ts';

const STARTUP = startupMessage({ user: 'ann', database: 'shop' });

/** A port before what stands where the gateway should. */
async function before(t: TestContext, place: (socket: Socket) => void, options: { readonly tls: boolean; readonly patienceMs?: number }): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
    place(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { tls, ...more } = options;
  const local = await openLocalPort({ port: 0, to: { host: '127.0.0.1', port: portOf(server), tls }, ca: undefined, ...more });
  t.after(async () => {
    await local.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return local.port;
}

// A TCP server has an address of this form.
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** What a client hears that sends this, up to the end. */
async function hear(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

test('a client whose gateway never answers is told so, and does not wait for ever', async (t) => {
  const port = await before(t, () => {}, { tls: true, patienceMs: 200 });
  assert.match(await hear(port, STARTUP), /^E.*C08006.*could not be reached.*it took too long/s);
});

test('a client that never says what it wants is hung up on', async (t) => {
  const port = await before(t, () => {}, { tls: true, patienceMs: 200 });
  assert.match(await hear(port, Buffer.alloc(0)), /it took too long/);
  assert.match(await hear(port, STARTUP.subarray(0, 10)), /it took too long/);
});

test('a gateway that does not encrypt hears nothing of a client that was promised TLS', async (t) => {
  const heard: Buffer[] = [];
  const place = (socket: Socket): void => {
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      socket.write('N');
    });
  };
  const port = await before(t, place, { tls: true });
  assert.match(await hear(port, STARTUP), /does not encrypt/);
  assert.equal(Buffer.concat(heard).length, 8, 'the request to encrypt, and nothing else');
});

test('a gateway without TLS hears its client as it is, however long that takes to go on', async (t) => {
  const place = (socket: Socket): void => {
    let heard = 0;
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.length;
      if (heard === STARTUP.length) setTimeout(() => socket.end('welcome'), 400);
    });
  };
  const port = await before(t, place, { tls: false, patienceMs: 200 });
  assert.equal(await hear(port, STARTUP), 'welcome');
});
