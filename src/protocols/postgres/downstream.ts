/**
 * The caller's side, up to the moment when it is known who it is: TLS, startup, sign-in. Nothing here depends on whether a
 * user or a target exists before the caller has shown who it is.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Issued } from '../../core/session.ts';
import type { Subject } from '../../core/subject.ts';
import type { DatabaseLogins } from '../../credential/database-logins.ts';
import type { ScramVerifier } from '../../credential/scram-verifier.ts';
import type { Authenticator } from '../../identity/authenticate.ts';
import { mayWrite } from '../../identity/oauth/scopes.ts';
import { isAuthenticated } from '../../identity/outcome.ts';
import { passwordsOnly } from './byte-source.ts';
import { hangUp } from './client.ts';
import { BACKEND, cstring, Fields, int32, MalformedMessage, message } from './codec.ts';
import { destinationOf, type Destination } from './destination.ts';
import { errorMessage, fatal, type WireError } from './errors.ts';
import { greet, type ClientLine, type OwnTls, type Startup } from './handshake.ts';
import { answerClient, SCRAM, SCRAM_PLUS } from './scram.ts';

export interface SignInDeps {
  readonly logins: DatabaseLogins;
  readonly authenticator: Authenticator;
  readonly tls: OwnTls | undefined;
  /** What made-up verifiers of unknown users are made of, the same at every attempt: 32 bytes. */
  readonly mockKey: Uint8Array;
}

/** Somebody who showed who it is. What it may do is still to be asked. */
export interface Caller {
  readonly subject: Subject;
  readonly clientId: string;
  readonly issued: Issued;
  /** Epoch milliseconds: the session ends with what opened it. */
  readonly expiresAt: number;
  readonly destination: Destination;
  readonly startup: Startup;
  readonly socket: Socket;
}

export type Arrival =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'cancel'; readonly pid: number; readonly key: Buffer }
  /** It was told so; `note` is for the record. */
  | { readonly kind: 'refused'; readonly destination: Destination; readonly note: string };

/** The user name under which an access token is sent as the password. */
const TOKEN_USER = 'token';
const LONGEST_PASSWORD = 64 << 10;
const AUTH = { ok: 0, cleartext: 3, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

/** Throws `MalformedMessage` for what breaks the protocol: whoever does that is told nothing. */
export async function receive(socket: Socket, deps: SignInDeps, signal: AbortSignal): Promise<Arrival> {
  const greeting = await greet(socket, deps.tls, signal);
  if (greeting.kind === 'cancel') return greeting;
  const { line, startup } = greeting;
  if (startup.unknown.version || startup.unknown.options.length > 0) line.socket.write(negotiated(startup));
  const destination = destinationOf(startup);
  const refuse = (error: WireError, note: string): Arrival => {
    hangUp(line.socket, errorMessage(error));
    return { kind: 'refused', destination, note };
  };
  if (isOn(startup.parameters.get('replication'))) return refuse(fatal('0A000', 'replication does not go through this gateway'), 'replication was asked for');
  if (destination.user === TOKEN_USER && line.endPoint === undefined)
    return refuse(
      fatal('28000', 'an access token is taken over TLS only', 'connect with sslmode=verify-full, or use `sallyport credentials`'),
      'a token without TLS',
    );
  const who = await (destination.user === TOKEN_USER ? byToken(line, destination, deps) : byScram(line, destination, deps));
  if (!who) return refuse(fatal('28P01', `password authentication failed for user "${destination.user}"`), 'password authentication failed');
  return { kind: 'caller', caller: { ...who, destination, startup, socket: line.socket } };
}

type Who = Pick<Caller, 'subject' | 'clientId' | 'issued' | 'expiresAt'>;

const isOn = (value: string | undefined): boolean => value !== undefined && !['', '0', 'false', 'off', 'no'].includes(value.toLowerCase());

function negotiated({ minor, unknown: { options } }: Startup): Buffer {
  return message(BACKEND.negotiateVersion, int32((3 << 16) | minor), int32(options.length), ...options.map(cstring));
}

async function byToken({ socket, source }: ClientLine, { target }: Destination, { authenticator }: SignInDeps): Promise<Who | undefined> {
  socket.write(message(BACKEND.authentication, int32(AUTH.cleartext)));
  const fields = new Fields(await source.frame(passwordsOnly(LONGEST_PASSWORD)));
  const token = fields.cstring();
  fields.end();
  const outcome = await authenticator.authenticate(`Bearer ${token}`, target);
  // A client that was let in to read: which statements only read is nothing that its person was asked about.
  return isAuthenticated(outcome) && mayWrite(outcome.scope) ? outcome : undefined;
}

/** Somebody unknown goes the same way to the same end: only the proof never fits. */
async function byScram({ socket, source, endPoint }: ClientLine, { user, target }: Destination, deps: SignInDeps): Promise<Who | undefined> {
  const login = await deps.logins.find(user);
  const verifier = login?.verifier ?? madeUp(user, deps.mockKey);
  const offered = endPoint ? [SCRAM_PLUS, SCRAM] : [SCRAM];
  socket.write(message(BACKEND.authentication, int32(AUTH.sasl), ...offered.map(cstring), Buffer.of(0)));
  const fields = new Fields(await source.frame(passwordsOnly(LONGEST_PASSWORD)));
  const mechanism = fields.cstring();
  if (!offered.includes(mechanism)) throw new MalformedMessage('a way to sign in that was not offered');
  const clientFirst = fields.bytes(fields.int32()).toString();
  fields.end();
  const exchange = answerClient({ mechanism, clientFirst, verifier, nonce: randomBytes(18).toString('base64'), endPoint });
  socket.write(message(BACKEND.authentication, int32(AUTH.saslContinue), Buffer.from(exchange.first)));
  const last = exchange.finish(new Fields(await source.frame(passwordsOnly(LONGEST_PASSWORD))).rest().toString());
  // One login opens one target.
  if (!login || last === undefined || login.target !== target) return undefined;
  socket.write(message(BACKEND.authentication, int32(AUTH.saslFinal), Buffer.from(last)));
  return login;
}

/** Salt and rounds of a user that does not exist: always the same, so that asking twice tells nothing. */
function madeUp(user: string, key: Uint8Array): ScramVerifier {
  const salt = createHmac('sha256', key).update(`salt of ${user}`).digest().subarray(0, 16);
  return { salt, iterations: 4096, storedKey: randomBytes(32), serverKey: randomBytes(32) };
}

/** The end of a sign-in: what a client waits for before it sends anything. */
export const welcome = (): Buffer => message(BACKEND.authentication, int32(AUTH.ok));
