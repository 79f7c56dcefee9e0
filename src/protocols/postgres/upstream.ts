/**
 * The target's side: dials a server, checks who it is, and signs in with the target's credential. What goes over the line
 * afterwards is the relay's.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { SallyportError } from '../../core/error.ts';
import type { Target } from '../../core/target.ts';
import { createCredentials, type Credentials } from '../../credential/credential.ts';
import type { Subject } from '../../core/subject.ts';
import { guardedLookup, refuseHost } from '../../network/guarded-lookup.ts';
import { serverAddress, type ServerAddress } from './address.ts';
import { ByteSource } from './byte-source.ts';
import { int32, MalformedMessage } from './codec.ts';
import { endPoint } from './scram.ts';
import { RefusedLogin, signIn, type ServerLogin, type SignedIn } from './sign-in.ts';

const SSL_REQUEST = Buffer.concat([int32(8), int32(80877103)]);
const CANCEL_REQUEST = 80877102;
const DIAL_MS = 15_000;

export interface DialOptions {
  readonly target: Target;
  readonly database: string;
  /** What the server's own lists of connections say of this one. */
  readonly applicationName: string;
  /** Who signs in; absent: as the target's credential says. */
  readonly login?: ServerLogin;
  /** Where the target's credential is read; absent: from the environment and from files. */
  readonly credentials?: Credentials | undefined;
  /** For whom; absent where the gateway asks by itself. */
  readonly subject?: Subject;
  readonly timeoutMs?: number;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
}

/** A connection that is signed in and idle. Its socket is paused, and nothing of it was read ahead. */
export interface Upstream extends SignedIn {
  readonly socket: Socket;
  readonly user: string;
  /** Asks the server to stop what runs on this connection. Never rejects: nobody can know whether it helped. */
  cancel(): Promise<void>;
}

/** Rejects with `upstream_unreachable`, `upstream_invalid` or `credential_missing`; what the server said is the cause, for the operator. */
export async function dial(options: DialOptions): Promise<Upstream> {
  const { target, database, applicationName, timeoutMs = DIAL_MS } = options;
  const late = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([late, options.signal]) : late;
  const { login, refused } = options.login ? { login: options.login } : await loginOf(options);
  const address = serverAddress(target);
  let line: Line | undefined;
  try {
    line = await connect(target, address, login, signal);
    const { socket, tls } = line;
    const signed = await signIn({
      source: new ByteSource(socket, signal),
      send: (bytes) => void socket.write(bytes),
      login,
      parameters: { database, application_name: applicationName, client_encoding: 'UTF8' },
      tls,
    });
    return { ...signed, socket, user: login.user, cancel: () => cancel(target, address, login, signed) };
  } catch (cause) {
    line?.socket.destroy();
    // It may have been changed since: the next connection reads it anew.
    if (cause instanceof RefusedLogin) refused?.();
    throw explained(target, cause);
  }
}

async function loginOf({
  target,
  credentials = createCredentials(),
  subject,
}: DialOptions): Promise<{ readonly login: ServerLogin; readonly refused?: () => void }> {
  const { name, address, credential } = target;
  const resolved = credential && (await credentials.read(credential, { target: name, address, subject }));
  const refused = resolved?.refused ? { refused: resolved.refused } : {};
  if (resolved?.kind === 'login') return { login: { user: resolved.user, password: resolved.password }, ...refused };
  if (resolved?.kind === 'certificate') return { login: { user: resolved.user, certificate: { chain: resolved.certificate, key: resolved.key } }, ...refused };
  throw new SallyportError('credential_missing', `the target ${name} has no credential that signs in at a database`, {
    hint: 'credential: { login: { user: app, password: { env: NAME } } }',
  });
}

function explained({ name }: Target, cause: unknown): SallyportError {
  if (cause instanceof SallyportError) return cause;
  if (cause instanceof RefusedLogin)
    return new SallyportError('upstream_unreachable', `the server of ${name} refuses the connection`, {
      cause,
      hint: "the operator finds its reason in the gateway's log",
    });
  if (cause instanceof MalformedMessage) return new SallyportError('upstream_invalid', `the server of ${name} does not keep to the protocol`, { cause });
  return new SallyportError('upstream_unreachable', `the server of ${name} could not be reached`, { cause });
}

interface Line {
  readonly socket: Socket;
  readonly tls: { readonly endPoint: Buffer; readonly verified: boolean } | undefined;
}

async function connect(target: Target, { host, port }: ServerAddress, login: ServerLogin, signal: AbortSignal): Promise<Line> {
  refuseHost(host, 'configured');
  const socket = connectPlain({ host, port, lookup: guardedLookup('configured'), noDelay: true, keepAlive: true });
  // Whoever uses the socket next hears of errors by itself.
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal });
    const { mode, ca } = target.tls ?? { mode: 'verify-full', ca: undefined };
    if (mode === 'disable') return { socket, tls: undefined };
    socket.write(SSL_REQUEST);
    const source = new ByteSource(socket, signal);
    const answer = (await source.bytes(1))?.toString();
    if (answer !== 'S')
      throw new SallyportError('upstream_unreachable', `the server of ${target.name} has no TLS`, {
        hint: 'tls: { mode: disable }, where the way to it is trusted',
      });
    // What came with it was sent by somebody who does not have the key.
    if (source.early) throw new MalformedMessage('bytes before TLS');
    return await encrypt(socket, host, { verify: mode === 'verify-full', ca: ca === undefined ? undefined : await readFile(ca), login, signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

interface Encryption {
  readonly verify: boolean;
  readonly ca: Buffer | undefined;
  readonly login: ServerLogin;
  readonly signal: AbortSignal;
}

async function encrypt(plain: Socket, host: string, { verify, ca, login, signal }: Encryption): Promise<Line> {
  const socket: TLSSocket = connectTls({
    socket: plain,
    host,
    // A name, as certificates have them; an address is compared as such.
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: verify,
    ALPNProtocols: ['postgresql'],
    ...(ca ? { ca } : {}),
    ...(login.certificate ? { cert: login.certificate.chain, key: login.certificate.key.reveal() } : {}),
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect', { signal });
  return { socket, tls: { endPoint: endPoint(socket.getPeerCertificate(true).raw), verified: verify } };
}

/** On a line of its own, encrypted like the other one where the server takes that. */
async function cancel(target: Target, address: ServerAddress, login: ServerLogin, { pid, secret }: SignedIn): Promise<void> {
  const signal = AbortSignal.timeout(DIAL_MS);
  try {
    const { socket } = await connect(target, address, login, signal);
    socket.end(Buffer.concat([int32(12 + secret.length), int32(CANCEL_REQUEST), int32(pid), secret]));
    socket.resume();
    await once(socket, 'close', { signal });
  } catch {
    // The statement ends by itself, or with its connection.
  }
}
