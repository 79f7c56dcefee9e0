import { once } from 'node:events';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { SallyportError } from '../../core/error.ts';
import { makeEvent } from '../../core/event.ts';
import { newId } from '../../core/id.ts';
import type { Session } from '../../core/session.ts';
import type { Target } from '../../core/target.ts';
import { createLimit } from '../limit.ts';
import type { RightsOptions, SocketDeps, SocketListener } from '../protocol.ts';
import { serverAddress } from './address.ts';
import { CancelKeys } from './cancel-keys.ts';
import { hangUp } from './client.ts';
import { Databases } from './databases.ts';
import { receive, type Arrival, type Caller, type SignInDeps } from './downstream.ts';
import { errorMessage, fatal, type WireError } from './errors.ts';
import type { OwnTls } from './handshake.ts';
import { grantsFor, TargetRoles } from './privileges/target-roles.ts';
import type { Relay } from './relay.ts';
import { ServedSession, type ServedParts } from './served-session.ts';
import { Sessions } from './sessions.ts';
import { Strangers, type StrangerLimits } from './strangers.ts';

export interface ListenerLimits extends StrangerLimits {
  /** Milliseconds in which a client has to sign in. */
  readonly signInMs: number;
  /** At once, from the sign-in on. */
  readonly sessions: number;
  /** Milliseconds in which a server has to take a connection, and to answer what the gateway itself asks. */
  readonly serverMs: number;
}

const LIMITS: ListenerLimits = { signInMs: 20_000, strangers: 400, strangersOfOneAddress: 200, sessions: 2000, serverMs: 15_000 };
const REFUSALS_AT_ONCE = 20;
/** How often roles are looked for that a gateway left behind when it died. */
const REAP_EVERY_MS = 60_000;

/** Takes connections, finds out who is there and where it wants to go, and runs a session for each. */
export class Listener implements SocketListener {
  readonly #deps: SocketDeps;
  readonly #signIn: SignInDeps;
  readonly #limits: ListenerLimits;
  readonly #server: NetServer;
  readonly #databases: Databases;
  readonly #roles: TargetRoles;
  readonly #reaping: NodeJS.Timeout;
  readonly #keys = new CancelKeys<Relay>();
  readonly #sessions: Sessions;
  readonly #strangers: Strangers;
  readonly #parts: ServedParts;
  readonly #mayRecord = createLimit(REFUSALS_AT_ONCE);

  constructor(deps: SocketDeps, tls: OwnTls | undefined, limits: Partial<ListenerLimits> = {}) {
    this.#deps = deps;
    this.#databases = new Databases(deps.credentials);
    this.#roles = new TargetRoles(deps.installation);
    this.#reaping = setInterval(() => void this.#reap(), REAP_EVERY_MS);
    this.#reaping.unref();
    this.#limits = { ...LIMITS, ...limits };
    this.#signIn = { logins: deps.logins, authenticator: deps.authenticator, tls, mockKey: deps.sessionKey };
    this.#server = createServer({ pauseOnConnect: false, noDelay: true, keepAlive: true }, (socket) => void this.#accept(socket));
    this.#strangers = new Strangers(this.#limits);
    this.#sessions = new Sessions(this.#limits.sessions, deps.gate.locks);
    this.#parts = { deps, databases: this.#databases, roles: this.#roles, keys: this.#keys, serverMs: this.#limits.serverMs };
  }

  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
    this.#server.listen(port, host);
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      throw new SallyportError('config_invalid', `cannot listen on ${host}:${port}`, {
        cause,
        hint: 'is another gateway running? choose another port: listen.postgres in sallyport.yaml',
      });
    }
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async rights(target: Target, { role, database, may }: RightsOptions): Promise<string> {
    const name = serverAddress(target).database ?? database;
    if (name === undefined) throw new SallyportError('usage', `the target ${target.name} has several databases`, { hint: 'name one: --database NAME' });
    const entered = await this.#databases.enter(target, name);
    try {
      return await grantsFor(entered, role, may);
    } finally {
      this.#databases.leave(target, name);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#reaping);
    this.#server.close();
    this.#strangers.close();
    await this.#sessions.close();
    await this.#databases.close();
  }

  /** On databases that are in use: elsewhere nobody of ours had a role. Never rejects. */
  async #reap(): Promise<void> {
    const { report } = this.#deps;
    for (const { target, database } of this.#databases.all) await this.#roles.reap(target, database, report).catch(report);
  }

  /** Never rejects. */
  async #accept(socket: Socket): Promise<void> {
    socket.on('error', () => {});
    if (!this.#strangers.admit(socket)) return void socket.destroy();
    const arrival = await this.#receive(socket);
    this.#strangers.leave(socket);
    if (arrival?.kind === 'cancel') this.#keys.find(arrival.pid, arrival.key)?.cancelRequest();
    if (arrival?.kind === 'refused') return this.#recordRefusal(socket, arrival);
    if (arrival?.kind !== 'caller') return void socket.destroy();
    await this.#serve(arrival.caller, socket);
  }

  async #receive(socket: Socket): Promise<Arrival | undefined> {
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), this.#limits.signInMs);
    socket.once('close', () => ended.abort());
    try {
      return await receive(socket, this.#signIn, ended.signal);
    } catch {
      // To whoever breaks the protocol, or takes too long, nothing is said.
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A stranger may not fill the disk: refusals are recorded at a bounded rate. */
  async #recordRefusal(socket: Socket, { destination, note }: Extract<Arrival, { kind: 'refused' }>): Promise<void> {
    if (!this.#mayRecord()) return;
    const client = { address: socket.remoteAddress ?? '', userAgent: '', id: '' };
    await this.#deps.gate.recorder
      .append(makeEvent('token.refused', { target: destination.target.slice(0, 128), protocol: 'postgres', client, note }))
      .catch(() => {});
  }

  async #serve(caller: Caller, plain: Socket): Promise<void> {
    const found = this.#find(caller);
    if ('sqlstate' in found) return hangUp(caller.socket, errorMessage(found));
    const session = sessionOf(caller, found.target, plain);
    await this.#sessions.serve(new ServedSession(this.#parts, { session, caller, database: found.database }));
  }

  /** To whom a target is not for, there is none. */
  #find({ subject, destination }: Caller): { readonly target: Target; readonly database: string } | WireError {
    const reach = this.#deps.reach();
    const target = reach.target(destination.target);
    const none = fatal(
      '3D000',
      `database "${destination.target}" does not exist, or you may not reach it`,
      'name a target: dbname=target or dbname=target/database',
    );
    if (target?.protocol !== 'postgres' || !reach.mayReach(subject, target.name)) return none;
    const { database } = serverAddress(target);
    const asked = destination.database ?? database;
    if (asked === undefined) return fatal('3D000', `the target ${target.name} has several databases`, `name one: dbname=${target.name}/database`);
    return database !== undefined && asked !== database ? none : { target, database: asked };
  }
}

function sessionOf({ subject, clientId, issued, startup }: Caller, target: Target, socket: Socket): Session {
  const name = startup.parameters.get('application_name')?.slice(0, 200);
  return {
    id: newId(),
    subject,
    target,
    issued,
    keepsSubject: true,
    client: { address: socket.remoteAddress ?? '', userAgent: '', id: clientId, ...(name ? { name } : {}) },
  };
}
