import { readFile } from 'node:fs/promises';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { connect as secure } from 'node:tls';
import { SallyportError } from '../core/error.ts';

export interface LocalPort {
  readonly port: number;
  close(): Promise<void>;
}

export interface LocalPortOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly to: { readonly host: string; readonly port: number; readonly tls: boolean };
  /** Path of the authorities that are trusted, PEM; those of the system where absent. */
  readonly ca: string | undefined;
}

/** Requests that a client begins with, by their code; each is 8 bytes long. */
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const FIRST_WAIT_MS = 10_000;

/**
 * A port on the loopback behind which a database's port of the gateway is, over TLS where that speaks it: clients on this
 * machine need no certificate. A client that asks for encryption here is told that there is none on this piece of the way.
 */
export async function openLocalPort({ port, to, ca }: LocalPortOptions): Promise<LocalPort> {
  const trusted = ca === undefined ? undefined : await readFile(ca, 'utf8').catch(missing(ca));
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    void forward(client, to, trusted).catch(() => client.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: unknown) => {
    throw new SallyportError('usage', `port ${port} cannot be opened`, { cause, hint: 'leave --port out, and a free one is taken' });
  });
  return {
    // A TCP server has an address of this form.
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

function missing(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new SallyportError('usage', `the certificates in ${path} cannot be read`, { cause });
  };
}

async function forward(client: Socket, to: LocalPortOptions['to'], ca: string | undefined): Promise<void> {
  // Until both ends are piped, nobody else hears of what breaks.
  client.on('error', () => {});
  const first = await firstMessage(client);
  const gateway = await reach(to, ca);
  gateway.write(first);
  await Promise.all([pipeline(client, gateway), pipeline(gateway, client)]).catch(() => {});
  client.destroy();
  gateway.destroy();
}

/** The bytes that begin what is meant for the gateway. */
async function firstMessage(client: Socket): Promise<Buffer> {
  const late = setTimeout(() => client.destroy(), FIRST_WAIT_MS);
  try {
    for (;;) {
      const bytes = await read(client, 8);
      const code = bytes.readUInt32BE(0) === 8 ? bytes.readUInt32BE(4) : 0;
      if (code !== SSL_REQUEST && code !== GSS_REQUEST) return bytes;
      client.write('N');
    }
  } finally {
    clearTimeout(late);
  }
}

async function read(source: Duplex, count: number): Promise<Buffer> {
  for (;;) {
    // Without an encoding a stream gives buffers.
    const bytes = source.read(count) as Buffer | null;
    if (bytes?.length === count) return bytes;
    if (bytes || source.readableEnded || source.destroyed) throw new SallyportError('upstream_invalid', 'the connection ended');
    await Promise.race([once(source, 'readable'), once(source, 'end'), once(source, 'close')]);
  }
}

async function reach({ host, port, tls }: LocalPortOptions['to'], ca: string | undefined): Promise<Duplex> {
  const socket = dial({ host, port, noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (!tls) return socket;
  const request = Buffer.alloc(8);
  request.writeUInt32BE(8, 0);
  request.writeUInt32BE(SSL_REQUEST, 4);
  socket.write(request);
  if ((await read(socket, 1)).toString() !== 'S') throw new SallyportError('upstream_invalid', 'the gateway does not encrypt');
  const secured = secure({ socket, servername: host, ...(ca === undefined ? {} : { ca }) });
  secured.on('error', () => {});
  await once(secured, 'secureConnect');
  return secured;
}
