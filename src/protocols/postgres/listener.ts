import { once } from 'node:events';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { SallyportError } from '../../core/error.ts';
import { makeEvent, sessionParts } from '../../core/event.ts';
import { newId } from '../../core/id.ts';
import type { Session } from '../../core/session.ts';
import type { Target } from '../../core/target.ts';
import { createLimit } from '../limit.ts';
import type { RightsOptions, SocketDeps, SocketListener } from '../protocol.ts';
import { serverAddress } from './address.ts';
import { CancelKeys } from './cancel-keys.ts';
import { Client, hangUp } from './client.ts';
import { MalformedMessage } from './codec.ts';
import type { Database } from './database.ts';
import { Databases } from './databases.ts';
import { receive, welcome, type Arrival, type Caller, type SignInDeps } from './downstream.ts';
import { errorMessage, fatal, wireError, type WireError } from './errors.ts';
import type { OwnTls } from './handshake.ts';
import { keyData, parameterStatus, readyForQuery } from './messages.ts';
import { Relay } from './relay.ts';
import { settingStatement, startupSettings } from './startup-settings.ts';
import type { SessionLogin } from './privileges/session-roles.ts';
import { grantsFor, TargetRoles } from './privileges/target-roles.ts';
import { dial } from './upstream.ts';

export interface ListenerLimits {
  /** Milliseconds in which a client has to sign in. */
  readonly signInMs: number;
  /** Connections that have not signed in. */
  readonly strangers: number;
  readonly sessions: number;
  /** Milliseconds in which a server has to take a connection, and to answer what the gateway itself asks. */
  readonly serverMs: number;
}

const LIMITS: ListenerLimits = { signInMs: 20_000, strangers: 200, sessions: 2000, serverMs: 15_000 };
const REFUSALS_AT_ONCE = 20;
/** How often roles are looked for that a gateway left behind when it died. */
const REAP_EVERY_MS = 60_000;

/** A database that a session uses, by its name, and the role that was made for it. */
interface Entered {
  readonly database: Database;
  readonly name: string;
  readonly role: SessionLogin | undefined;
}

interface Open {
  readonly relay: Relay;
  readonly session: Session;
  readonly over: Promise<void>;
}

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
  readonly #open = new Map<string, Open>();
  readonly #strangers = new Set<Socket>();
  readonly #stopWatching: (() => void) | undefined;
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
    const { locks } = deps.gate;
    this.#stopWatching = locks?.onChange(() => this.#endLocked());
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
    this.#stopWatching?.();
    this.#server.close();
    for (const socket of this.#strangers) socket.destroy();
    for (const { relay } of this.#open.values()) relay.abandon(fatal('57P01', 'the gateway is shutting down'));
    await Promise.all([...this.#open.values()].map(({ over }) => over));
    await this.#databases.close();
  }

  #endLocked(): void {
    const { locks } = this.#deps.gate;
    for (const { relay, session } of this.#open.values()) {
      const reason = locks?.reason(session);
      if (reason !== undefined) relay.abandon(fatal('57P01', reason));
    }
  }

  /** On databases that are in use: elsewhere nobody of ours had a role. Never rejects. */
  async #reap(): Promise<void> {
    const { report } = this.#deps;
    for (const { target, database } of this.#databases.all) await this.#roles.reap(target, database, report).catch(report);
  }

  /** Never rejects. */
  async #accept(socket: Socket): Promise<void> {
    socket.on('error', () => {});
    if (this.#strangers.size >= this.#limits.strangers) return void socket.destroy();
    this.#strangers.add(socket);
    const arrival = await this.#receive(socket);
    this.#strangers.delete(socket);
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
    } catch (error) {
      // To whoever breaks the protocol nothing is said.
      socket.destroy();
      if (!(error instanceof MalformedMessage)) return undefined;
      return { kind: 'refused', note: `no sign-in: ${error.message}` };
    } finally {
      clearTimeout(timer);
    }
  }

  /** A stranger may not fill the disk: refusals are recorded at a bounded rate. */
  async #recordRefusal(socket: Socket, { destination, note }: Extract<Arrival, { kind: 'refused' }>): Promise<void> {
    if (note === undefined || destination === undefined || !this.#mayRecord()) return;
    const client = { address: socket.remoteAddress ?? '', userAgent: '', id: '' };
    await this.#deps.gate.recorder
      .append(makeEvent('token.refused', { target: destination.target.slice(0, 128), protocol: 'postgres', client, note }))
      .catch(() => {});
  }

  async #serve(caller: Caller, plain: Socket): Promise<void> {
    const { socket, destination } = caller;
    const say = (error: WireError): void => hangUp(socket, errorMessage(error));
    const found = this.#find(caller);
    if ('sqlstate' in found) return say(found);
    const { target, database } = found;
    const session = this.#sessionOf(caller, target, plain);
    const reason = this.#deps.gate.locks?.reason(session);
    if (reason !== undefined) return say(fatal('57P01', reason));
    if (this.#open.size >= this.#limits.sessions) return say(fatal('53300', 'too many sessions at once'));
    try {
      await this.#deps.gate.recorder.append(makeEvent('session.opened', { ...sessionParts(session), note: `database ${database}` }));
    } catch {
      return say(fatal('58030', `the session for ${destination.target} cannot be recorded, so it is not opened`));
    }
    await this.#run(caller, session, database);
    await this.#deps.gate.recorder.append(makeEvent('session.closed', sessionParts(session))).catch(() => {});
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

  #sessionOf({ subject, clientId, issued, startup }: Caller, target: Target, socket: Socket): Session {
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

  async #run(caller: Caller, session: Session, database: string): Promise<void> {
    const { target } = session;
    let key: { readonly pid: number; readonly key: Buffer } | undefined;
    let expiry: NodeJS.Timeout | undefined;
    const client = new Client(caller.socket, target.limits.requestBytes);
    const entered = await this.#databases.enter(target, database);
    let role: SessionLogin | undefined;
    try {
      role = await this.#roles.open(session, entered, (command) => this.#deps.reach().mayList(session, command));
      const relay = await this.#openRelay(caller, session, client, { database: entered, name: database, role });
      const refused = await begin(relay, caller);
      if (refused) return client.end(errorMessage({ ...refused, severity: 'FATAL' }));
      key = this.#keys.issue(relay, caller.startup.minor);
      expiry = setTimeout(
        () => relay.abandon(fatal('28000', 'the credential that opened this session has ended', 'sign in again')),
        caller.expiresAt - Date.now(),
      );
      await client.write(
        Buffer.concat([
          welcome(),
          ...[...relay.parameters].map(([name, value]) => parameterStatus(name, value)),
          keyData(key.pid, key.key),
          readyForQuery('I'),
        ]),
      );
      const over = relay.run();
      this.#open.set(session.id, { relay, session, over });
      // It may have been locked while it was opened.
      this.#endLocked();
      await over;
    } catch (error) {
      const problem = error instanceof SallyportError ? error : new SallyportError('internal', 'the session could not be opened', { cause: error });
      this.#deps.gate.report?.(problem, session);
      client.end(errorMessage(wireError(problem, 'FATAL')));
    } finally {
      clearTimeout(expiry);
      if (key) this.#keys.revoke(key.pid);
      this.#open.delete(session.id);
      // The next look for what is left behind tries again.
      if (role) await this.#roles.close(target, entered, role.user).catch(this.#deps.report);
      this.#databases.leave(target, database);
    }
  }

  async #openRelay({ startup, subject }: Caller, session: Session, client: Client, { database, name, role }: Entered): Promise<Relay> {
    const { target } = session;
    const { serverMs } = this.#limits;
    const { gate, reach, url, maskingKey, observer, credentials } = this.#deps;
    const applicationName = plainName(startup.parameters.get('application_name') ?? '');
    const upstream = await dial({ target, database: name, applicationName, credentials, subject, timeoutMs: serverMs, ...(role ? { login: role } : {}) });
    const masks = () => reach().masksFor(subject, target.name);
    const relay = new Relay({ session, client, upstream, database, gate, consoleUrl: url, masks, maskingKey, observer, serverMs });
    try {
      await relay.open();
      return relay;
    } catch (error) {
      relay.close();
      throw error;
    }
  }
}

/** Settings of the startup are decided like those of a SET. */
async function begin(relay: Relay, { startup }: Caller): Promise<WireError | undefined> {
  const settings = startupSettings(startup);
  if (!settings) return fatal('0A000', 'startup options other than settings do not go through this gateway', 'write options as -c name=value');
  for (const setting of settings) {
    const refused = await relay.set(settingStatement(setting));
    if (refused) return refused;
  }
  return undefined;
}

/** As a server keeps it: it is shown to others. */
const plainName = (name: string): string => name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 63);
