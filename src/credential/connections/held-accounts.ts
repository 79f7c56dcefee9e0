import type { PerPersonSpec } from '../../core/credential-spec.ts';
import { SallyportError } from '../../core/error.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import { Polling } from '../../storage/polling.ts';
import type { ConnectionRow } from '../../storage/schema.ts';
import type { CredentialKind, ResolvedCredential } from '../credential.ts';
import { bearerCredential } from '../oauth/kept-token.ts';
import { findConnected, openTokens, type HeldTokens } from './connection-rows.ts';
import { notConnected, personOf, type PersonalTarget } from './personal-target.ts';
import { isDue, renewTokens, type Refresh, type RenewalDeps } from './renewal.ts';

export interface HeldAccountsOptions extends RenewalDeps {
  /** URL of the gateway. */
  readonly url: string;
  readonly pollMs?: number | undefined;
  readonly report?: ((error: unknown) => void) | undefined;
  /** Asks the target's authorization server. */
  refresh(target: PersonalTarget): Refresh;
  /** The grant is gone: the row ends, and that is recorded. */
  end(row: ConnectionRow, person: Subject, why: string): Promise<void>;
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

/** Whose, and where. */
interface Place {
  readonly key: string;
  readonly person: Subject;
  readonly target: PersonalTarget;
}

const POLL_MS = 500;
/** Clocks of several machines differ by less. */
const SKEW_MS = 60_000;
/** With the database away, what is known is used this long and no longer. */
const USABLE_MS = 5 * 60_000;
/** Least time between two refreshes because a target refused, and after one that failed. */
const PAUSE_MS = 5000;
const MAX_HELD = 50_000;

/** The open tokens of people's accounts, in the memory of this process: fresh, and gone within half a second of their row. */
export class HeldAccounts {
  readonly #options: HeldAccountsOptions;
  readonly #polling: Polling;
  readonly #held = new Map<string, Held>();
  readonly #renewing = new Map<string, Promise<Held>>();
  readonly #pausedUntil = new Map<string, number>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: HeldAccountsOptions) {
    this.#options = options;
    this.#polling = new Polling({ look: () => this.look(), everyMs: options.pollMs ?? POLL_MS, report: options.report });
  }

  start(): void {
    this.#polling.start();
  }

  async close(): Promise<void> {
    await this.#polling.stop();
    await Promise.allSettled(this.#renewing.values());
    this.#held.clear();
  }

  readonly credential: CredentialKind<PerPersonSpec> = async (spec, use) => {
    const person = personOf(use);
    const target: PersonalTarget = { name: use.target, address: use.address ?? '', spec };
    const place = { key: keyOf(subjectKey(person), use.target), person, target };
    const { key } = place;
    const known = this.#held.get(key);
    const renewing = this.#renewing.get(key);
    if (!known && renewing) return (await renewing).credential;
    const held = known && isOf(known, target) && !this.#isStale() ? known : await this.#load(place);
    if (!isDue(held.tokens, this.#now())) return held.credential;
    const isOver = this.#now() >= held.tokens.expiresAt;
    if (!isOver && this.#isPaused(key)) return held.credential;
    const renewed = this.#renew(place, held, undefined);
    if (isOver) return (await renewed).credential;
    // Nobody waits for what is merely due.
    renewed.catch(() => {});
    return held.credential;
  };

  forget(personKey: string, target: string): void {
    const key = keyOf(personKey, target);
    this.#held.delete(key);
    this.#pausedUntil.delete(key);
  }

  /** What changed since the last look is not in memory any more. */
  async look(): Promise<void> {
    const { db } = this.#options.storage;
    const startedAt = this.#now();
    const since = (Number.isFinite(this.#lookedAt) ? this.#lookedAt : startedAt) - SKEW_MS;
    const rows = await db.selectFrom('connections').select(['id', 'person_key', 'target', 'status', 'version']).where('changed_at', '>=', since).execute();
    for (const { id, person_key, target, status, version } of rows) {
      const held = this.#held.get(keyOf(person_key, target));
      if (held && (status !== 'connected' || held.id !== id || held.version < version)) this.forget(person_key, target);
    }
    this.#lookedAt = startedAt;
  }

  async #load(place: Place): Promise<Held> {
    const { person, target } = place;
    // A machine that slept has not looked for a while either.
    if (this.#isStale()) await this.#polling.lookAnew();
    if (this.#isStale()) throw new SallyportError('credential_missing', 'connected accounts cannot be read: the database is away', { hint: 'try again later' });
    const row = await findConnected(this.#options.storage, subjectKey(person), target.name);
    if (!row || !isOf(row, target)) throw this.#notConnected(place);
    return this.#hold(place, row, await openTokens(this.#options.keys, row));
  }

  /** One at a time for each connection, in this process; `renewTokens` sees to the others. */
  #renew(place: Place, held: Held, refused: string | undefined): Promise<Held> {
    const { key } = place;
    const known = this.#renewing.get(key);
    if (known) return known;
    this.#pausedUntil.set(key, this.#now() + PAUSE_MS);
    const renewing = this.#renewNow(place, held, refused).finally(() => this.#renewing.delete(key));
    this.#renewing.set(key, renewing);
    return renewing;
  }

  async #renewNow(place: Place, { id }: Held, refused: string | undefined): Promise<Held> {
    const { person, target } = place;
    const renewed = await renewTokens(id, refused, this.#options.refresh(target), this.#options);
    if (renewed.kind === 'held') return this.#hold(place, renewed.row, renewed.tokens);
    const row = await findConnected(this.#options.storage, subjectKey(person), target.name);
    if (row?.id === id) await this.#options.end(row, person, renewed.why);
    throw this.#notConnected(place);
  }

  #hold(place: Place, { id, version, address, issuer }: ConnectionRow, tokens: HeldTokens): Held {
    const { key, person, target } = place;
    const credential = bearerCredential(tokens.accessToken, {
      refused: () => {
        if (this.#held.get(key) !== held || this.#isPaused(key)) return;
        // The next reading waits for this one, as for one that is over.
        this.#held.delete(key);
        this.#renew(place, held, tokens.accessToken).catch(() => {});
      },
      refusal: notConnected(`"${target.name}" does not accept the connected account of ${person.name}`, person, target, this.#options.url),
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

  #isPaused(key: string): boolean {
    return this.#now() < (this.#pausedUntil.get(key) ?? 0);
  }

  #isStale(): boolean {
    return this.#now() - this.#lookedAt > USABLE_MS;
  }

  #now(): number {
    return this.#options.now();
  }

  #notConnected({ person, target }: Place): SallyportError {
    return notConnected(`${person.name} has not connected an account at "${target.name}"`, person, target, this.#options.url);
  }
}

const keyOf = (personKey: string, target: string): string => `${target} ${personKey}`;

/** An account belongs to the address and the issuer that it was connected at. */
function isOf(account: Pick<Held, 'address' | 'issuer'>, { address, spec }: PersonalTarget): boolean {
  return account.address === address && (spec.issuer === undefined || account.issuer === spec.issuer);
}
