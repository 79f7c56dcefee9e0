import { SallyportError } from '../core/error.ts';
import { eventSubject, makeEvent, type Event } from '../core/event.ts';
import type { Subject } from '../core/subject.ts';
import type { Schema } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { eraseKeys } from './erase-keys.ts';
import { eraseSessionRows } from './erase-rows.ts';
import { holdOn, underHolds } from './holds.ts';
import { readLeaf } from './leaf.ts';
import type { Journal } from './journal.ts';

export interface ErasureOptions {
  readonly storage: Storage;
  readonly journal: Journal;
  /** Resolves when what is durable now is in the index: rows go when the event that says so is there. */
  readonly indexed?: () => Promise<void>;
  readonly now?: () => number;
  /** Between two looks at what other gateways erased. Default 5000. */
  readonly pollMs?: number;
  readonly report?: (error: unknown) => void;
}

export interface Erasure {
  readonly session: string;
  readonly target: string;
  readonly reason: string;
  /** Absent where retention did it. */
  readonly by?: Subject;
}

export interface Erasures {
  /**
   * Erases what a closed session said: its data keys, and its rows in every search index. Resolves when both are gone here; other gateways
   * follow within seconds. Throws `conflict` where a legal hold keeps it, or it was erased already.
   */
  erase(erasure: Erasure): Promise<void>;
  /** Carries out what other gateways erased since the last look, and what was erased while this one was not running. Happens by itself, too. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

const POLL_MS = 5000;
/** How much clocks of gateways may differ, and transactions may take. */
const OVERLAP_MS = 300_000;

export function startErasures(options: ErasureOptions): Erasures {
  const erasures = new StoredErasures(options);
  erasures.start();
  return erasures;
}

class StoredErasures implements Erasures {
  readonly #options: ErasureOptions;
  readonly #now: () => number;
  readonly #applied = new Set<string>();
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #following: Promise<void> | undefined;

  constructor(options: ErasureOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  start(): void {
    const poll = (): void => {
      this.#following ??= this.follow()
        .catch((error: unknown) => this.#options.report?.(error))
        .finally(() => (this.#following = undefined));
    };
    poll();
    this.#timer = setInterval(poll, this.#options.pollMs ?? POLL_MS);
    this.#timer.unref();
  }

  async erase({ session, target, reason, by }: Erasure): Promise<void> {
    const { storage, journal } = this.#options;
    const at = this.#now();
    await underHolds(storage, async (db, holds) => {
      const hold = holdOn(holds, { session, target });
      if (hold) throw heldError(hold.kind, hold.name);
      const row = { session, reason, erased_by: by?.name ?? '', erased_at: at };
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('erasures')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) throw new SallyportError('conflict', `the session ${session} is erased already`);
      // The erased session stands in the note: this event is not a part of it.
      const note = erasureNote(session, reason);
      await journal.append(makeEvent('session.erased', { ...(by ? { subject: eventSubject(by) } : {}), target, note }, new Date(at)));
    });
    await this.#apply([{ session, erased_at: at }]);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#following;
  }

  async follow(): Promise<void> {
    const since = this.#since;
    await this.#remember(since);
    const rows = await this.#options.storage.db.selectFrom('erasures').select(['session', 'erased_at']).where('erased_at', '>=', since).execute();
    await this.#apply(rows.filter(({ session }) => !this.#applied.has(session)));
    const newest = rows.reduce((latest, { erased_at }) => Math.max(latest, erased_at), since + OVERLAP_MS);
    this.#since = newest - OVERLAP_MS;
  }

  /** A database that was built anew from the journal has the events, and forgot the rest. */
  async #remember(since: number): Promise<void> {
    const { db } = this.#options.storage;
    const events = await db
      .selectFrom('events')
      .select(['leaf', 'subject', 'time'])
      .where('kind', '=', 'session.erased')
      .where('time', '>=', new Date(since).toISOString())
      .execute();
    for (const { leaf: text, subject, time } of events) {
      const leaf = readLeaf(Buffer.from(text));
      const session = leaf && erasedBy(leaf);
      if (session === undefined || this.#applied.has(session)) continue;
      const row = { session, reason: '', erased_by: subject ?? '', erased_at: Date.parse(time) };
      await db
        .insertInto('erasures')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }

  async #apply(rows: readonly Pick<Schema['erasures'], 'session' | 'erased_at'>[]): Promise<void> {
    if (rows.length === 0) return;
    const { journal, storage, indexed = async () => {} } = this.#options;
    const sessions = new Set(rows.map(({ session }) => session));
    journal.forget(sessions);
    await eraseKeys(journal.folder, sessions);
    await indexed();
    for (const { session, erased_at } of rows) {
      await storage.db.transaction().execute((db) => eraseSessionRows(db, session, new Date(erased_at).toISOString()));
      this.#applied.add(session);
    }
  }
}

function erasureNote(session: string, reason: string): string {
  return `session ${session}${reason === '' ? '' : `: ${reason}`}`;
}

/** The session that an event says was erased. */
export function erasedBy({ kind, note = '' }: Event): string | undefined {
  return kind === 'session.erased' ? /^session ([^\s:]+)/.exec(note)?.[1] : undefined;
}

function heldError(kind: string, name: string): SallyportError {
  return new SallyportError('conflict', `a legal hold on the ${kind} ${name} keeps this record`, { hint: 'sallyport holds list; sallyport release lifts one' });
}
