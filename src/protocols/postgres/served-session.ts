import { SallyportError } from '../../core/error.ts';
import { makeEvent, sessionParts } from '../../core/event.ts';
import type { Session } from '../../core/session.ts';
import type { SocketDeps } from '../protocol.ts';
import type { CancelKeys } from './cancel-keys.ts';
import { Client } from './client.ts';
import type { Database } from './database.ts';
import type { Databases } from './databases.ts';
import { welcome, type Caller } from './downstream.ts';
import { errorMessage, fatal, wireError, type WireError } from './errors.ts';
import { keyData, parameterStatus, readyForQuery } from './messages.ts';
import type { SessionLogin } from './privileges/session-roles.ts';
import type { TargetRoles } from './privileges/target-roles.ts';
import { Relay } from './relay.ts';
import { runAt } from './run-at.ts';
import { settingStatement, startupSettings } from './startup-settings.ts';
import { dial } from './upstream.ts';

export interface ServedParts {
  readonly deps: SocketDeps;
  readonly databases: Databases;
  readonly roles: TargetRoles;
  readonly keys: CancelKeys<Relay>;
  /** Milliseconds in which a server has to take a connection, and to answer what the gateway itself asks. */
  readonly serverMs: number;
}

export interface Served {
  readonly session: Session;
  readonly caller: Caller;
  /** Name of the database that it is on. */
  readonly database: string;
}

/** One session: its role, its connection to the server, what goes over it, and the end of all that. */
export class ServedSession {
  readonly session: Session;
  readonly #parts: ServedParts;
  readonly #caller: Caller;
  readonly #database: string;
  readonly #client: Client;
  readonly #abandoned = new AbortController();
  #relay: Relay | undefined;

  constructor(parts: ServedParts, { session, caller, database }: Served) {
    this.session = session;
    this.#parts = parts;
    this.#caller = caller;
    this.#database = database;
    this.#client = new Client(caller.socket, session.target.limits.requestBytes);
  }

  /** Ends it with the last word to the caller, however far it came. */
  abandon(error: WireError): void {
    if (this.#abandoned.signal.aborted) return;
    this.#abandoned.abort();
    if (this.#relay) this.#relay.abandon(error);
    else this.#client.end(errorMessage(error));
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { recorder } = this.#parts.deps.gate;
    try {
      await recorder.append(makeEvent('session.opened', { ...sessionParts(this.session), note: `database ${this.#database}` }));
    } catch {
      return this.abandon(fatal('58030', `the session for ${this.session.target.name} cannot be recorded, so it is not opened`));
    }
    await this.#onDatabase().catch((error: unknown) => this.#fail(error));
    await recorder.append(makeEvent('session.closed', sessionParts(this.session))).catch(() => {});
  }

  async #onDatabase(): Promise<void> {
    const { deps, databases, roles } = this.#parts;
    const { target } = this.session;
    const database = await databases.enter(target, this.#database);
    let role: SessionLogin | undefined;
    try {
      role = await roles.open(this.session, database, (command) => deps.reach().mayList(this.session, command));
      await this.#onServer(database, role);
    } finally {
      // The next look for what is left behind tries again.
      if (role) await roles.close(target, database, role.user).catch(deps.report);
      databases.leave(target, this.#database);
    }
  }

  async #onServer(database: Database, role: SessionLogin | undefined): Promise<void> {
    const relay = await this.#connect(database, role);
    this.#relay = relay;
    const { expiresAt, startup } = this.#caller;
    const key = this.#parts.keys.issue(relay, startup.minor);
    const stopWaiting = runAt(expiresAt, () => this.abandon(EXPIRED));
    try {
      await relay.open();
      const refused = await begin(relay, this.#caller);
      if (refused) return this.abandon({ ...refused, severity: 'FATAL' });
      const settings = [...relay.parameters].map(([name, value]) => parameterStatus(name, value));
      await this.#client.write(Buffer.concat([welcome(), ...settings, keyData(key.pid, key.key), readyForQuery('I')]));
      await relay.run();
    } finally {
      stopWaiting();
      this.#parts.keys.revoke(key.pid);
      relay.close();
    }
  }

  /** An end of the session, or of its caller, ends the attempt. */
  async #connect(database: Database, role: SessionLogin | undefined): Promise<Relay> {
    const { serverMs, deps } = this.#parts;
    const { gate, reach, url, maskingKey, observer, credentials } = deps;
    const { subject, target } = this.session;
    const client = this.#client;
    const upstream = await dial({
      target,
      database: this.#database,
      applicationName: plainName(this.#caller.startup.parameters.get('application_name') ?? ''),
      credentials,
      subject,
      timeoutMs: serverMs,
      signal: AbortSignal.any([this.#abandoned.signal, client.left]),
      ...(role ? { login: role } : {}),
    });
    const masks = () => reach().masksFor(subject, target.name);
    return new Relay({ session: this.session, client, upstream, database, gate, consoleUrl: url, masks, maskingKey, observer, serverMs });
  }

  #fail(error: unknown): void {
    if (this.#abandoned.signal.aborted || this.#client.left.aborted) return;
    const problem = error instanceof SallyportError ? error : new SallyportError('internal', 'the session could not be opened', { cause: error });
    this.#parts.deps.gate.report?.(problem, this.session);
    this.abandon(wireError(problem, 'FATAL'));
  }
}

const EXPIRED = fatal('28000', 'the credential that opened this session has ended', 'sign in again');

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
