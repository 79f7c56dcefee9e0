/**
 * Locks: who and what may do nothing until somebody lifts it. This folder owns the rows, and that every process knows of a
 * change within half a second; gate, authenticator, approvals and API ask it. Who may lock is the API's to say.
 */
import { isSallyportError, SallyportError } from '../core/error.ts';
import { eventSubject, makeEvent, type EventKind } from '../core/event.ts';
import { Listeners } from '../core/listeners.ts';
import type { LockWatch } from '../core/lock.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Subject } from '../core/subject.ts';
import { Polling } from '../storage/polling.ts';
import type { LockRow } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { holds, lockReason, type Lock, type Lockable, type LockKind } from './lock.ts';

export interface LockOptions {
  readonly storage: Storage;
  readonly recorder: Recorder;
  readonly now?: () => number;
  /** Between two looks at what other processes locked. */
  readonly pollMs?: number;
  readonly report?: (error: unknown) => void;
}

export interface Locks extends LockWatch {
  /** As this process knows it. */
  find(about: Lockable): Lock | undefined;
  /** As the database says at this moment: for what must not be half a second late. */
  findNow(about: Lockable): Promise<Lock | undefined>;
  list(): Promise<readonly Lock[]>;
  /** In force here when it resolves. Throws `conflict` where it is locked already. */
  place(lock: Pick<Lock, 'kind' | 'name' | 'reason'>, by: Subject): Promise<Lock>;
  /** Throws `not_found` where it is not locked. */
  lift(lock: Pick<Lock, 'kind' | 'name' | 'reason'>, by: Subject): Promise<void>;
  close(): Promise<void>;
}

const POLL_MS = 500;

/** Resolves when what is locked is known: a gateway that cannot read it does not start. */
export async function openLocks(options: LockOptions): Promise<Locks> {
  const locks = new DatabaseLocks(options);
  await locks.refresh();
  locks.start();
  return locks;
}

class DatabaseLocks implements Locks {
  readonly #options: LockOptions;
  readonly #now: () => number;
  readonly #listeners: Listeners;
  #known: readonly Lock[] = [];
  #text = '[]';
  #asked = 0;
  #answered = 0;
  /** What cannot be read stays as it was known: whoever was locked stays locked, and nobody can lock without the database either. */
  readonly #polling: Polling;

  constructor(options: LockOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#polling = new Polling({ look: () => this.refresh(), everyMs: options.pollMs ?? POLL_MS, report: options.report });
    this.#listeners = new Listeners(options.report);
  }

  start(): void {
    this.#polling.start();
  }

  reason({ subject, target, id }: Parameters<LockWatch['reason']>[0]): string | undefined {
    if (this.#known.length === 0) return undefined;
    const lock = this.find({ subject, target: target.name, session: id });
    return lock && lockReason(lock);
  }

  find(about: Lockable): Lock | undefined {
    return this.#known.find((lock) => holds(lock, about));
  }

  async findNow(about: Lockable): Promise<Lock | undefined> {
    await this.refresh();
    return this.find(about);
  }

  async list(): Promise<readonly Lock[]> {
    await this.refresh();
    return this.#known;
  }

  async place({ kind, name, reason }: Pick<Lock, 'kind' | 'name' | 'reason'>, by: Subject): Promise<Lock> {
    const lock: Lock = { kind, name, reason, by: by.name, at: this.#now() };
    await this.#recorded('lock.placed', lock, by, async (db) => {
      await db.insertInto('locks').values({ kind, name, reason, locked_by: by.name, locked_at: lock.at }).execute();
    }).catch((error: unknown) => {
      throw isSallyportError(error, 'conflict') ? new SallyportError('conflict', `the ${kind} ${name} is locked already`) : error;
    });
    await this.refresh();
    return lock;
  }

  async lift(lock: Pick<Lock, 'kind' | 'name' | 'reason'>, by: Subject): Promise<void> {
    await this.#recorded('lock.lifted', lock, by, async (db) => {
      const { numDeletedRows } = await db.deleteFrom('locks').where('kind', '=', lock.kind).where('name', '=', lock.name).executeTakeFirst();
      if (numDeletedRows === 0n) throw new SallyportError('not_found', `the ${lock.kind} ${lock.name.slice(0, 100)} is not locked`);
    });
    await this.refresh();
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#polling.stop();
  }

  /** The row and its record, or neither. */
  async #recorded(event: EventKind, lock: Pick<Lock, 'kind' | 'name' | 'reason'>, by: Subject, change: (db: Storage['db']) => Promise<void>): Promise<void> {
    const { storage, recorder } = this.#options;
    await storage.db.transaction().execute(async (db) => {
      await change(db);
      const note = `${lock.kind} ${lock.name}${lock.reason === '' ? '' : `: ${lock.reason}`}`;
      const about = lock.kind === 'target' ? { target: lock.name } : {};
      await recorder.append(makeEvent(event, { subject: eventSubject(by), ...about, note }, new Date(this.#now())));
    });
  }

  async refresh(): Promise<void> {
    const mine = (this.#asked += 1);
    const rows = await this.#options.storage.db.selectFrom('locks').selectAll().orderBy('locked_at').orderBy('kind').orderBy('name').execute();
    // A look that began earlier and ended later knows less.
    if (mine < this.#answered) return;
    this.#answered = mine;
    const text = JSON.stringify(rows);
    if (text === this.#text) return;
    this.#text = text;
    this.#known = rows.map(toLock);
    this.#listeners.tell();
  }
}

// Only `place` writes rows.
const toLock = ({ kind, name, reason, locked_by, locked_at }: LockRow): Lock => ({ kind: kind as LockKind, name, reason, by: locked_by, at: locked_at });
