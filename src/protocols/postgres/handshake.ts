import { once } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { ByteSource } from './byte-source.ts';
import { Fields, MalformedMessage } from './codec.ts';

/** How the gateway encrypts its own side. */
export interface OwnTls {
  readonly context: SecureContext;
  /** `tls-server-end-point` of our certificate: what clients bind their proof to. */
  readonly endPoint: Buffer;
}

export interface ClientLine {
  readonly socket: Socket;
  readonly source: ByteSource;
  /** Set where the line is encrypted. */
  readonly endPoint: Buffer | undefined;
}

/** What a client begins with. */
export type Greeting =
  | { readonly kind: 'startup'; readonly line: ClientLine; readonly startup: Startup }
  | { readonly kind: 'cancel'; readonly pid: number; readonly key: Buffer };

export interface Startup {
  /** Minor version of protocol 3 that is spoken from now on. */
  readonly minor: 0 | 2;
  /** What was asked for that nobody here knows: the client is told. */
  readonly unknown: { readonly version: boolean; readonly options: readonly string[] };
  readonly parameters: ReadonlyMap<string, string>;
}

const CODES = { cancel: 80877102, ssl: 80877103, gss: 80877104 } as const;
/** As PostgreSQL has it. */
const LONGEST_STARTUP = 10_000;
const LONGEST_KEY = 256;
const MOST_PARAMETERS = 100;
const TLS_HANDSHAKE = 0x16;
const ALPN = 'postgresql';

/** Up to the startup message or a cancel request. Throws `MalformedMessage` for everything else, and says nothing to whoever sent it. */
export async function greet(plain: Socket, own: OwnTls | undefined, signal: AbortSignal): Promise<Greeting> {
  let line: ClientLine = { socket: plain, source: new ByteSource(plain, signal), endPoint: undefined };
  const seen = new Set<number>();
  for (;;) {
    const first = await line.source.bytes(1);
    if (!first) throw new MalformedMessage('the connection ended');
    if (first[0] === TLS_HANDSHAKE && seen.size === 0 && own) {
      plain.pause();
      plain.unshift(first);
      line = await encrypt(plain, own, signal, 'direct');
      seen.add(CODES.ssl);
      continue;
    }
    const { code, body } = await readPacket(first, line.source);
    if (code === CODES.cancel) return { kind: 'cancel', pid: body.readInt32BE(0), key: body.subarray(4) };
    if (code !== CODES.ssl && code !== CODES.gss) return { kind: 'startup', line, startup: readStartup(code, body) };
    if (seen.has(code) || line.endPoint) throw new MalformedMessage('a second request to encrypt');
    seen.add(code);
    // Whoever sends more without waiting for the answer is not the one who will encrypt.
    if (line.source.early) throw new MalformedMessage('bytes before the answer to a request to encrypt');
    if (code === CODES.gss || !own) line.socket.write('N');
    else {
      line.socket.write('S');
      line = await encrypt(plain, own, signal, 'asked');
    }
  }
}

async function readPacket(first: Buffer, source: ByteSource): Promise<{ readonly code: number; readonly body: Buffer }> {
  const head = Buffer.concat([first, (await source.bytes(7)) ?? Buffer.alloc(7)]);
  const length = head.readUInt32BE(0);
  const code = head.readUInt32BE(4);
  const [least, most] = sizes(code);
  if (length < least || length > most) throw new MalformedMessage(`a first message of ${length} bytes`);
  const body = length === 8 ? Buffer.alloc(0) : await source.bytes(length - 8);
  if (!body) throw new MalformedMessage('the connection ended');
  return { code, body };
}

function sizes(code: number): readonly [least: number, most: number] {
  if (code === CODES.ssl || code === CODES.gss) return [8, 8];
  return code === CODES.cancel ? [16, 12 + LONGEST_KEY] : [9, LONGEST_STARTUP];
}

async function encrypt(plain: Socket, { context, endPoint }: OwnTls, signal: AbortSignal, way: 'direct' | 'asked'): Promise<ClientLine> {
  const socket = new TLSSocket(plain, { isServer: true, secureContext: context, ALPNProtocols: [ALPN], requestCert: false });
  socket.on('error', () => {});
  plain.once('close', () => socket.destroy());
  await once(socket, 'secure', { signal });
  // Without it another protocol's client could be made to talk here.
  if (way === 'direct' && socket.alpnProtocol !== ALPN) throw new MalformedMessage('TLS without the name of the protocol');
  return { socket, source: new ByteSource(socket, signal), endPoint };
}

function readStartup(code: number, body: Buffer): Startup {
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== 3) throw new MalformedMessage(`protocol ${major}.${minor}, which is not spoken here`);
  const fields = new Fields({ buffer: body, start: 0, end: body.length }, 0);
  const parameters = new Map<string, string>();
  const options: string[] = [];
  for (let name = fields.cstring(); name !== ''; name = fields.cstring()) {
    const value = fields.cstring();
    if (parameters.has(name) || parameters.size + options.length >= MOST_PARAMETERS)
      throw new MalformedMessage('a startup that says one thing twice, or too much');
    if (name.startsWith('_pq_.')) options.push(name);
    else parameters.set(name, value);
  }
  fields.end();
  const spoken = minor >= 2 ? 2 : 0;
  return { minor: spoken, unknown: { version: minor !== spoken, options }, parameters };
}
