import { readFile } from 'node:fs/promises';
import { connect as dial, createServer, isIP, type AddressInfo, type Socket } from 'node:net';
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
const SASL = 10;
const LONGEST_START = 10_000;
const LONGEST_OFFER = 16 << 10;
const CANCEL = Buffer.of(0x04, 0xd2, 0x16, 0x2e);
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
  if (to.tls && !first.subarray(4, 8).equals(CANCEL)) await withoutBinding(gateway, client);
  await Promise.all([pipeline(client, gateway), pipeline(gateway, client)]).catch(() => {});
  client.destroy();
  gateway.destroy();
}

/** The message that begins what is meant for the gateway, whole. */
async function firstMessage(client: Socket): Promise<Buffer> {
  const late = setTimeout(() => client.destroy(), FIRST_WAIT_MS);
  try {
    for (;;) {
      const bytes = await read(client, 8);
      const [length, code] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
      if (length < 8 || length > LONGEST_START) throw new SallyportError('upstream_invalid', 'the client does not speak this protocol');
      if (code !== SSL_REQUEST && code !== GSS_REQUEST) return length === 8 ? bytes : Buffer.concat([bytes, await read(client, length - 8)]);
      client.write('N');
    }
  } finally {
    clearTimeout(late);
  }
}

/**
 * The gateway offers to bind the sign-in to its TLS connection, which ends here: a client that sees none takes that for an attack.
 * The offer is passed on without it.
 */
async function withoutBinding(gateway: Duplex, client: Socket): Promise<void> {
  for (;;) {
    const header = await read(gateway, 5);
    const length = header.readUInt32BE(1) - 4;
    if (length < 4 || length > LONGEST_OFFER) throw new SallyportError('upstream_invalid', 'the gateway does not keep to the protocol');
    const body = await read(gateway, length);
    const isOffer = header.toString('latin1', 0, 1) === 'R' && body.readUInt32BE(0) === SASL;
    client.write(isOffer ? offerOf(body) : Buffer.concat([header, body]));
    // What comes before an offer is which version is spoken.
    if (header.toString('latin1', 0, 1) !== 'v') return;
  }
}

function offerOf(body: Buffer): Buffer {
  const names = body
    .toString('latin1', 4)
    .split('\0')
    .filter((name) => name !== '' && !name.endsWith('-PLUS'));
  const rest = Buffer.concat([body.subarray(0, 4), Buffer.from(`${names.join('\0')}\0\0`, 'latin1')]);
  const header = Buffer.alloc(5);
  header.write('R', 0, 'latin1');
  header.writeUInt32BE(rest.length + 4, 1);
  return Buffer.concat([header, rest]);
}

async function read(source: Duplex, count: number): Promise<Buffer> {
  for (;;) {
    // Without an encoding a stream gives buffers.
    const bytes = source.read(count) as Buffer | null;
    if (bytes?.length === count) return bytes;
    if (bytes || source.readableEnded || source.destroyed) throw new SallyportError('upstream_invalid', 'the connection ended');
    const heard = new AbortController();
    const { signal } = heard;
    await Promise.race(['readable', 'end', 'close'].map((name) => once(source, name, { signal }).catch(() => {})));
    heard.abort();
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
  const secured = secure({ socket, ...(isIP(host) === 0 ? { servername: host } : { host }), ...(ca === undefined ? {} : { ca }) });
  secured.on('error', () => {});
  await once(secured, 'secureConnect');
  return secured;
}
