import type { PerPersonSpec } from '../../core/credential-spec.ts';
import { SallyportError } from '../../core/error.ts';
import { eventSubject, makeEvent } from '../../core/event.ts';
import type { Recorder } from '../../core/recorder.ts';
import { principalOf, subjectKey, type Subject } from '../../core/subject.ts';
import { subjectOf, type CredentialKind, type CredentialUse, type ResolvedCredential } from '../credential.ts';
import { bearerCredential } from '../oauth/kept-token.ts';
import { requestToken } from '../oauth/token-endpoint.ts';
import { openTokens, resealConnections, sealTokens, toConnection, type Connection, type ConnectionPlace, type HeldTokens } from './connection-rows.ts';
import { discover, type Discovered } from './discovery.ts';
import { clientAt, resealRegistrations, type Presence, type RegistrationDeps } from './registration.ts';
import { renewTokens, isDue, type Refresh } from './renewal.ts';
import { revokeTokens } from './revoke.ts';
import type { ConnectionRow } from '../../storage/schema.ts';
import { newId } from '../../core/id.ts';

export interface ConnectionsOptions extends RegistrationDeps {
  readonly recorder: Recorder;
  /** URL of the gateway. */
  readonly url: string;
  /** Names this process among those that share the database. */
  readonly owner: string;
  readonly pollMs?: number;
  readonly report?: (error: unknown) => void;
}

/** A target that is opened with each person's own account. */
export interface PersonalTarget {
  readonly name: string;
  readonly address: string;
  readonly spec: PerPersonSpec;
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

const POLL_MS = 500;
const DISCOVERY_MS = 10 * 60_000;
/** Clocks of several machines differ by less. */
const SKEW_MS = 60_000;
/** With the database away, what is known is used this long and no longer. */
const USABLE_MS = 5 * 60_000;
/** Least time between two refreshes because a target refused, and after one that failed. */
const PAUSE_MS = 5000;
const MAX_HELD = 50_000;

export async function openConnections(options: ConnectionsOptions): Promise<Connections> {
  const connections = new StoredConnections(options);
  await connections.look();
  connections.start();
  return connections;
}

/** What is in memory of one connection. */
interface Held {
  readonly id: string;
  readonly version: number;
  readonly address: string;
  readonly issuer: string;
  readonly tokens: HeldTokens;
  readonly credential: ResolvedCredential;
}

class StoredConnections implements Connections {
  readonly #options: ConnectionsOptions;
  readonly #held = new Map<string, Held>();
  readonly #renewing = new Map<string, Promise<Held>>();
  readonly #pausedUntil = new Map<string, number>();
  readonly #discovered = new Map<string, { readonly until: number; readonly found: Promise<Discovered> }>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#poll(), this.#options.pollMs ?? POLL_MS);
  }

  readonly credential: CredentialKind<PerPersonSpec> = async (spec, use) => {
    const person = personOf(use);
    const target: PersonalTarget = { name: use.target, address: use.address ?? '', spec };
    const key = keyOf(subjectKey(person), use.target);
    const known = this.#held.get(key);
    const renewing = this.#renewing.get(key);
    if (!known && renewing) return (await renewing).credential;
    const held = known && isOf(known, target) && !this.#isStale() ? known : await this.#load(key, person, target);
    if (!isDue(held.tokens, this.#now())) return held.credential;
    const isOver = this.#now() >= held.tokens.expiresAt;
    if (!isOver && this.#isPaused(key)) return held.credential;
    const renewed = this.#renew(key, held, person, target, undefined);
    if (isOver) return (await renewed).credential;
    // Nobody waits for what is merely due.
    renewed.catch(() => {});
    return held.credential;
  };

  discover({ address, spec }: PersonalTarget): Promise<Discovered> {
    const key = `${address} ${spec.issuer ?? ''}`;
    const known = this.#discovered.get(key);
    if (known && this.#now() < known.until) return known.found;
    const found = discover(address, spec.issuer, this.#options.ask);
    this.#discovered.set(key, { until: this.#now() + DISCOVERY_MS, found });
    found.catch(() => this.#discovered.delete(key));
    return found;
  }

  presence(target: string): Presence {
    const base = this.#linkTo(target);
    return { redirectUri: `${base}/callback`, documentUrl: `${base}/client.json` };
  }

  async find(personKey: string, target: string): Promise<Connection | undefined> {
    const row = await this.#row(personKey, target);
    return row && toConnection(row);
  }

  async list(): Promise<readonly Connection[]> {
    const rows = await this.#options.storage.db.selectFrom('connections').selectAll().where('status', '=', 'connected').orderBy('connected_at').execute();
    return rows.map(toConnection);
  }

  async connect(person: Subject, where: Omit<ConnectionPlace, 'personKey'>, tokens: HeldTokens): Promise<void> {
    const { storage, recorder, keys } = this.#options;
    const now = this.#now();
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
    this.#forget(keyOf(place.personKey, where.target));
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

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
    await Promise.allSettled(this.#renewing.values());
    this.#held.clear();
  }

  /** What changed since the last look is not in memory any more. */
  async look(): Promise<void> {
    const { db } = this.#options.storage;
    const startedAt = this.#now();
    const since = Number.isFinite(this.#lookedAt) ? this.#lookedAt - SKEW_MS : startedAt - SKEW_MS;
    const rows = await db.selectFrom('connections').select(['id', 'person_key', 'target', 'status', 'version']).where('changed_at', '>=', since).execute();
    for (const { id, person_key, target, status, version } of rows) {
      const held = this.#held.get(keyOf(person_key, target));
      if (held && (status !== 'connected' || held.id !== id || held.version < version)) this.#forget(keyOf(person_key, target));
    }
    this.#lookedAt = startedAt;
  }

  async #pollAnew(): Promise<void> {
    await this.#polling;
    await this.#poll();
  }

  #poll(): Promise<void> {
    return (this.#polling ??= this.look()
      .catch((error: unknown) => this.#options.report?.(error))
      .finally(() => (this.#polling = undefined)));
  }

  async #load(key: string, person: Subject, target: PersonalTarget): Promise<Held> {
    // A machine that slept has not looked for a while either.
    if (this.#isStale()) await this.#pollAnew();
    if (this.#isStale()) throw new SallyportError('credential_missing', 'connected accounts cannot be read: the database is away', { hint: 'try again later' });
    const row = await this.#row(subjectKey(person), target.name);
    if (!row || row.address !== target.address || (target.spec.issuer !== undefined && row.issuer !== target.spec.issuer))
      throw this.#notConnected(person, target);
    return this.#hold(key, row, await openTokens(this.#options.keys, row), person, target);
  }

  /** One at a time for each connection, in this process; `renewTokens` sees to the others. */
  #renew(key: string, held: Held, person: Subject, target: PersonalTarget, refused: string | undefined): Promise<Held> {
    const known = this.#renewing.get(key);
    if (known) return known;
    this.#pausedUntil.set(key, this.#now() + PAUSE_MS);
    const renewing = this.#renewNow(key, held, person, target, refused).finally(() => this.#renewing.delete(key));
    this.#renewing.set(key, renewing);
    return renewing;
  }

  async #renewNow(key: string, { id }: Held, person: Subject, target: PersonalTarget, refused: string | undefined): Promise<Held> {
    const renewed = await renewTokens(id, refused, this.#refresh(target), this.#options);
    if (renewed.kind === 'held') return this.#hold(key, renewed.row, renewed.tokens, person, target);
    const row = await this.#row(subjectKey(person), target.name);
    if (row?.id === id) await this.#end(row, person, renewed.why);
    throw this.#notConnected(person, target);
  }

  readonly #refresh =
    (target: PersonalTarget): Refresh =>
    async (row, tokens) => {
      const { server } = await this.discover(target);
      if (server.issuer !== row.issuer)
        throw new SallyportError('credential_missing', 'the target names another authorization server than the account is of', { hint: 'connect it again' });
      const client = await clientAt(server, this.presence(target.name), target.spec, this.#options);
      const fields = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken, resource: tokens.resource };
      return requestToken(
        { endpoint: server.tokenEndpoint, reach: server.reach(server.tokenEndpoint), issuer: server.issuer, client, fields },
        this.#options.ask,
        this.#options.now,
      );
    };

  #hold(key: string, { id, version, address, issuer }: ConnectionRow, tokens: HeldTokens, person: Subject, target: PersonalTarget): Held {
    const credential = bearerCredential(tokens.accessToken, {
      refused: () => {
        if (this.#held.get(key) !== held || this.#isPaused(key)) return;
        // The next reading waits for this one, as for one that is over.
        this.#held.delete(key);
        this.#renew(key, held, person, target, tokens.accessToken).catch(() => {});
      },
      refusal: this.#refused(person, target),
    });
    const held: Held = { id, version, address, issuer, tokens, credential };
    this.#held.delete(key);
    this.#held.set(key, held);
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= MAX_HELD) break;
      this.#held.delete(oldest);
    }
    return held;
  }

  async #end(row: ConnectionRow, by: Subject, note: string): Promise<void> {
    const { storage, recorder } = this.#options;
    const now = this.#now();
    await storage.db.transaction().execute(async (db) => {
      const { numUpdatedRows } = await db
        .updateTable('connections')
        .set({ status: 'ended', sealed: '', key_id: '', version: row.version + 1, lease_owner: null, lease_until: 0, changed_at: now })
        .where('id', '=', row.id)
        .where('status', '=', 'connected')
        .executeTakeFirst();
      if (numUpdatedRows === 1n) await recorder.append(makeEvent('connection.ended', { subject: eventSubject(by), target: row.target, note }, new Date(now)));
    });
    this.#forget(keyOf(row.person_key, row.target));
  }

  async #revoke(target: PersonalTarget, tokens: HeldTokens): Promise<void> {
    const { server } = await this.discover(target);
    await revokeTokens(server, tokens, await clientAt(server, this.presence(target.name), target.spec, this.#options), this.#options.ask);
  }

  #row(personKey: string, target: string): Promise<ConnectionRow | undefined> {
    const rows = this.#options.storage.db.selectFrom('connections').selectAll().where('person_key', '=', personKey).where('target', '=', target);
    return rows.where('status', '=', 'connected').executeTakeFirst();
  }

  #forget(key: string): void {
    this.#held.delete(key);
    this.#pausedUntil.delete(key);
  }

  #isPaused(key: string): boolean {
    return this.#now() < (this.#pausedUntil.get(key) ?? 0);
  }

  #isStale(): boolean {
    return this.#now() - this.#lookedAt > USABLE_MS;
  }

  #now(): number {
    return this.#options.now();
  }

  #linkTo(target: string): string {
    return `${this.#options.url}/connect/${target}`;
  }

  #notConnected(person: Subject, { name }: PersonalTarget): SallyportError {
    return notConnected(`${person.name} has not connected an account at "${name}"`, person, this.#linkTo(name));
  }

  #refused(person: Subject, { name }: PersonalTarget): SallyportError {
    return notConnected(`"${name}" does not accept the connected account of ${person.name}`, person, this.#linkTo(name));
  }
}

function notConnected(message: string, person: Subject, link: string): SallyportError {
  return new SallyportError('not_connected', message, {
    hint: `${person.name} has to open ${link} in a browser, signed in to the gateway, and connect it; then call again`,
    link,
  });
}

const keyOf = (personKey: string, target: string): string => `${target} ${personKey}`;

function isOf(held: Held, { address, spec }: PersonalTarget): boolean {
  return held.address === address && (spec.issuer === undefined || held.issuer === spec.issuer);
}

/** The person, or the one for whom an AI agent acts. */
function personOf(use: CredentialUse): Subject {
  const person = principalOf(subjectOf(use));
  if (person.kind === 'person') return person;
  throw new SallyportError('not_connected', `"${use.target}" is opened with each person's own account, and no person asks`, {
    hint: 'only people can connect one',
  });
}
