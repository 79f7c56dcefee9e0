import { readFile } from 'node:fs/promises';
import { connect as dial, createServer, isIP, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { connect as secure, TLSSocket } from 'node:tls';
import { explainError, SallyportError } from '../core/error.ts';
import { ByteSource } from '../protocols/postgres/byte-source.ts';
import { BACKEND, cstring, Fields, frameBytes, int32, MalformedMessage, message, type Frame } from '../protocols/postgres/codec.ts';
import { errorMessage, fatal } from '../protocols/postgres/errors.ts';

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
  /** Milliseconds in which a client has to say what it wants, and the gateway to answer. */
  readonly patienceMs?: number;
}

/** Requests that a client begins with, by their code; each is 8 bytes long. */
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const SASL = 10;
const LONGEST_START = 10_000;
const LONGEST_OFFER = 16 << 10;
const CANCEL = Buffer.of(0x04, 0xd2, 0x16, 0x2e);
const PATIENCE_MS = 20_000;

/**
 * A port on the loopback behind which a database's port of the gateway is, over TLS where that speaks it: clients on this
 * machine need no certificate. A client that asks for encryption here is told that there is none on this piece of the way.
 */
export async function openLocalPort({ port, to, ca, patienceMs = PATIENCE_MS }: LocalPortOptions): Promise<LocalPort> {
  const trusted = ca === undefined ? undefined : await readFile(ca, 'utf8').catch(missing(ca));
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    // Until both ends are piped, nobody else hears of what breaks.
    client.on('error', () => {});
    void forward(client, (signal) => reach(to, trusted, signal), patienceMs);
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

type Reach = (signal: AbortSignal) => Promise<Duplex>;

/** Never rejects. */
async function forward(client: Socket, reachGateway: Reach, patienceMs: number): Promise<void> {
  const opening = new AbortController();
  const late = setTimeout(() => opening.abort(), patienceMs);
  const gateway = await open(client, reachGateway, opening.signal);
  clearTimeout(late);
  if (!gateway) return;
  await Promise.all([pipeline(client, gateway), pipeline(gateway, client)]).catch(() => {});
  client.destroy();
  gateway.destroy();
}

/** Up to where each end hears the other as it is; undefined where it does not come to that: the client was told. */
async function open(client: Socket, reachGateway: Reach, signal: AbortSignal): Promise<Duplex | undefined> {
  let gateway: Duplex | undefined;
  try {
    const first = await firstMessage(client, signal);
    gateway = await reachGateway(signal);
    gateway.write(first);
    if (gateway instanceof TLSSocket && !first.subarray(4, 8).equals(CANCEL)) await withoutBinding(gateway, client, signal);
    return gateway;
  } catch (error) {
    gateway?.destroy();
    const detail = signal.aborted ? 'it took too long' : explainError(error);
    client.end(errorMessage({ ...fatal('08006', 'the gateway could not be reached'), detail }));
    client.destroySoon();
    return undefined;
  }
}

/** The message that begins what is meant for the gateway, whole. */
async function firstMessage(client: Socket, signal: AbortSignal): Promise<Buffer> {
  const source = new ByteSource(client, signal);
  for (;;) {
    const head = await exactly(source, 8);
    const [length, code] = [head.readUInt32BE(0), head.readUInt32BE(4)];
    if (length < 8 || length > LONGEST_START) throw new MalformedMessage('the client does not speak this protocol');
    if (code !== SSL_REQUEST && code !== GSS_REQUEST) return length === 8 ? head : Buffer.concat([head, await exactly(source, length - 8)]);
    client.write('N');
  }
}

async function exactly(source: ByteSource, count: number): Promise<Buffer> {
  const bytes = await source.bytes(count);
  if (!bytes) throw new MalformedMessage('the connection ended');
  return bytes;
}

/**
 * The gateway offers to bind the sign-in to its TLS connection, which ends here: a client that sees none takes that for an attack.
 * The offer is passed on without it.
 */
async function withoutBinding(gateway: Duplex, client: Socket, signal: AbortSignal): Promise<void> {
  const source = new ByteSource(gateway, signal);
  for (;;) {
    const frame = await source.frame(() => LONGEST_OFFER);
    client.write(offerOf(frame) ?? frameBytes(frame));
    // What comes before an offer is which version is spoken.
    if (frame.type !== BACKEND.negotiateVersion) return;
  }
}

function offerOf(frame: Frame): Buffer | undefined {
  if (frame.type !== BACKEND.authentication) return undefined;
  const fields = new Fields(frame);
  if (fields.int32() !== SASL) return undefined;
  const names: string[] = [];
  for (let name = fields.cstring(); name !== ''; name = fields.cstring()) names.push(name);
  return message(BACKEND.authentication, int32(SASL), ...names.filter((name) => !name.endsWith('-PLUS')).map(cstring), Buffer.of(0));
}

async function reach({ host, port, tls }: LocalPortOptions['to'], ca: string | undefined, signal: AbortSignal): Promise<Duplex> {
  const socket = dial({ host, port, noDelay: true });
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal });
    return tls ? await encrypt(socket, { host, ca, signal }) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

interface Encryption {
  readonly host: string;
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

async function encrypt(socket: Socket, { host, ca, signal }: Encryption): Promise<Duplex> {
  socket.write(Buffer.concat([int32(8), int32(SSL_REQUEST)]));
  if ((await exactly(new ByteSource(socket, signal), 1)).toString() !== 'S') throw new MalformedMessage('it does not encrypt');
  const secured = secure({ socket, ...(isIP(host) === 0 ? { servername: host } : { host }), ...(ca === undefined ? {} : { ca }) });
  secured.on('error', () => {});
  await once(secured, 'secureConnect', { signal });
  return secured;
}
