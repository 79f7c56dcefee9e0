import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens between a client and the real server: `reset` is nobody there, `cut` is gone in the middle, `silent` is taken and never answered. */
export type LineFault = 'none' | 'reset' | 'silent' | 'slow' | 'cut' | 'http-500' | 'http-503';

export interface FaultProxy {
  readonly port: number;
  /** From now on, for connections that are open as well. */
  fault: LineFault;
  close(): Promise<void>;
}

export type Upstream = { readonly port: number } | { readonly path: string };

const CUT_AFTER = 700;

/** A TCP relay in front of a real server, which fails as lines and servers do. A side that ends leaves the other one open until it ends too. */
export async function startFaultProxy(upstream: Upstream): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    return socket;
  };
  let fault: LineFault = 'none';
  const server: Server = createServer({ allowHalfOpen: true }, (client) => serve(keep(client), () => fault, upstream, keep));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // listening on TCP, so the address is an object
    port: (server.address() as AddressInfo).port,
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
      if (next !== 'none') for (const socket of sockets) drop(socket);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A unix socket knows no reset. */
function drop(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

function serve(client: Socket, fault: () => LineFault, upstream: Upstream, keep: (socket: Socket) => Socket): void {
  const now = fault();
  if (now === 'reset') return void client.resetAndDestroy();
  if (now === 'silent') return void client.resume();
  if (now === 'http-500' || now === 'http-503') return answer(client, now === 'http-500' ? '500 Broken' : '503 Busy\r\nretry-after: 0');
  const server = keep(connect({ ...upstream, allowHalfOpen: true }));
  server.on('error', () => client.resetAndDestroy());
  client.on('error', () => server.destroy());
  void relay(server, client, () => 'none');
  void relay(client, server, fault);
}

/** Once the whole request is there, as far as this can tell: clients here send small ones. */
function answer(client: Socket, status: string): void {
  client.on('data', () => {
    client.removeAllListeners('data').resume();
    client.end(`HTTP/1.1 ${status}\r\ncontent-length: 6\r\nconnection: close\r\n\r\nbroken`);
  });
}

async function relay(from: Socket, to: Socket, fault: () => LineFault): Promise<void> {
  let passed = 0;
  try {
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      // sockets without an encoding give buffers
      const bytes = chunk as Buffer;
      passed += bytes.length;
      if (fault() === 'cut' && passed > CUT_AFTER) {
        to.write(bytes.subarray(0, Math.max(0, bytes.length - (passed - CUT_AFTER))));
        await sleep(5);
        to.destroy();
        return void from.resetAndDestroy();
      }
      if (fault() === 'slow') await sleep(20);
      if (!to.write(bytes)) await once(to, 'drain');
    }
    to.end();
  } catch {
    to.destroy();
  }
}
