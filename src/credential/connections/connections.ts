import type { PerPersonSpec } from '../../core/credential-spec.ts';
import { SallyportError } from '../../core/error.ts';
import { eventSubject, makeEvent } from '../../core/event.ts';
import { newId } from '../../core/id.ts';
import type { Recorder } from '../../core/recorder.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import { endConnections } from '../../storage/end-connections.ts';
import type { ConnectionRow } from '../../storage/schema.ts';
import type { CredentialKind } from '../credential.ts';
import { requestToken } from '../oauth/token-endpoint.ts';
import {
  findConnected,
  openTokens,
  resealConnections,
  sealTokens,
  toConnection,
  type Connection,
  type ConnectionPlace,
  type HeldTokens,
} from './connection-rows.ts';
import { discover, type Discovered } from './discovery.ts';
import { HeldAccounts } from './held-accounts.ts';
import { presenceAt, type PersonalTarget } from './personal-target.ts';
import { clientAt, resealRegistrations, type Presence, type RegistrationDeps } from './registration.ts';
import type { Refresh } from './renewal.ts';
import { revokeTokens } from './revoke.ts';

export interface ConnectionsOptions extends RegistrationDeps {
  readonly recorder: Recorder;
  /** URL of the gateway. */
  readonly url: string;
  /** Names this process among those that share the database. */
  readonly owner: string;
  readonly pollMs?: number;
  readonly report?: (error: unknown) => void;
}

/** Each person's own accounts at targets: their tokens, sealed, and what keeps them fresh. Who may see or end which is the API's to say. */
export interface Connections {
  /** What opens a target for the person who asks. Throws `not_connected`. */
  readonly credential: CredentialKind<PerPersonSpec>;
  /** Who gives tokens for the target; kept for some minutes. */
  discover(target: PersonalTarget): Promise<Discovered>;
  presence(target: string): Presence;
  find(personKey: string, target: string): Promise<Connection | undefined>;
  list(): Promise<readonly Connection[]>;
  /** Keeps what a person brought from the authorization server, instead of what was there. */
  connect(person: Subject, place: Omit<ConnectionPlace, 'personKey'>, tokens: HeldTokens): Promise<void>;
  /** Forgets the tokens, here at once and in other processes within half a second, and tells the server. Throws `not_found`. */
  end(id: string, by: Subject, target?: PersonalTarget): Promise<void>;
  /** Seals everything with the current key. Returns how many rows. */
  reseal(): Promise<number>;
  close(): Promise<void>;
}

const DISCOVERY_MS = 10 * 60_000;

export async function openConnections(options: ConnectionsOptions): Promise<Connections> {
  const connections = new StoredConnections(options);
  await connections.start();
  return connections;
}

class StoredConnections implements Connections {
  readonly #options: ConnectionsOptions;
  readonly #held: HeldAccounts;
  readonly #discovered = new Map<string, { readonly until: number; readonly found: Promise<Discovered> }>();
  readonly credential: CredentialKind<PerPersonSpec>;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#held = new HeldAccounts({ ...options, refresh: (target) => this.#refresh(target), end: (row, by, why) => this.#end(row, by, why) });
    this.credential = this.#held.credential;
  }

  async start(): Promise<void> {
    await this.#held.look();
    this.#held.start();
  }

  discover({ address, spec }: PersonalTarget): Promise<Discovered> {
    const { ask, now } = this.#options;
    const key = `${address} ${spec.issuer ?? ''}`;
    const known = this.#discovered.get(key);
    if (known && now() < known.until) return known.found;
    const found = discover(address, spec.issuer, ask);
    this.#discovered.set(key, { until: now() + DISCOVERY_MS, found });
    found.catch(() => this.#discovered.delete(key));
    return found;
  }

  presence(target: string): Presence {
    return presenceAt(this.#options.url, target);
  }

  async find(personKey: string, target: string): Promise<Connection | undefined> {
    const row = await findConnected(this.#options.storage, personKey, target);
    return row && toConnection(row);
  }

  async list(): Promise<readonly Connection[]> {
    const rows = await this.#options.storage.db.selectFrom('connections').selectAll().where('status', '=', 'connected').orderBy('connected_at').execute();
    return rows.map(toConnection);
  }

  async connect(person: Subject, where: Omit<ConnectionPlace, 'personKey'>, tokens: HeldTokens): Promise<void> {
    const { storage, recorder, keys } = this.#options;
    const now = this.#options.now();
    const place = { ...where, personKey: subjectKey(person) };
    const row = {
      id: newId(now),
      person: person.name,
      address: where.address,
      issuer: where.issuer,
      status: 'connected',
      ...(await sealTokens(keys, place, tokens)),
      version: 1,
      lease_owner: null,
      lease_until: 0,
      connected_at: now,
      changed_at: now,
    };
    await storage.db.transaction().execute(async (db) => {
      await db
        .insertInto('connections')
        .values({ person_key: place.personKey, target: where.target, ...row })
        .onConflict((conflict) => conflict.columns(['person_key', 'target']).doUpdateSet(row))
        .execute();
      await recorder.append(
        makeEvent('connection.made', { subject: eventSubject(person), target: where.target, note: `an account at ${where.issuer}` }, new Date(now)),
      );
    });
    this.#held.forget(place.personKey, where.target);
  }

  async end(id: string, by: Subject, target?: PersonalTarget): Promise<void> {
    const row = await this.#options.storage.db.selectFrom('connections').selectAll().where('id', '=', id).where('status', '=', 'connected').executeTakeFirst();
    if (!row) throw new SallyportError('not_found', 'there is no such connection', { hint: 'sallyport connections list' });
    // Best effort: with the row gone, nobody here has them.
    const tokens = await openTokens(this.#options.keys, row).catch(() => undefined);
    await this.#end(row, by, `of ${row.person}`);
    if (tokens && target) void this.#revoke(target, tokens).catch((error: unknown) => this.#options.report?.(error));
  }

  async reseal(): Promise<number> {
    const { storage, keys } = this.#options;
    // People who are on their way begin again: their rows live for minutes.
    return (await resealConnections(storage, keys)) + (await resealRegistrations({ storage, keys }));
  }

  close(): Promise<void> {
    return this.#held.close();
  }

  readonly #refresh =
    (target: PersonalTarget): Refresh =>
    async (row, tokens) => {
      const { ask, now } = this.#options;
      const { server } = await this.discover(target);
      if (server.issuer !== row.issuer)
        throw new SallyportError('credential_missing', 'the target names another authorization server than the account is of', { hint: 'connect it again' });
      const client = await clientAt(server, this.presence(target.name), target.spec, this.#options);
      const fields = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken, resource: tokens.resource };
      return requestToken({ endpoint: server.tokenEndpoint, reach: server.reach(server.tokenEndpoint), issuer: server.issuer, client, fields }, ask, now);
    };

  async #revoke(target: PersonalTarget, tokens: HeldTokens): Promise<void> {
    const { server } = await this.discover(target);
    await revokeTokens(server, tokens, await clientAt(server, this.presence(target.name), target.spec, this.#options), this.#options.ask);
  }

  async #end(row: ConnectionRow, by: Subject, note: string): Promise<void> {
    const { storage, recorder } = this.#options;
    const now = this.#options.now();
    await storage.db.transaction().execute(async (db) => {
      const { numUpdatedRows } = await endConnections(db, now).where('id', '=', row.id).executeTakeFirst();
      if (numUpdatedRows === 1n) await recorder.append(makeEvent('connection.ended', { subject: eventSubject(by), target: row.target, note }, new Date(now)));
    });
    this.#held.forget(row.person_key, row.target);
  }
}
