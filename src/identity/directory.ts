/**
 * Everybody who is no local account, whichever door they come through: who they are, their groups, and whether they still
 * count. Doors write what their providers say (`signedIn`), provisioning writes what it is told (`put`, `deactivate`,
 * `remove`); nobody else does. Every process knows of a change within half a second.
 */
import type { Transaction } from 'kysely';
import { SallyportError } from '../core/error.ts';
import { eventSubject, makeEvent } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Subject } from '../core/subject.ts';
import type { Schema, SubjectRow } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { ChangeFeed, nextChange } from './change-feed.ts';
import { DirectoryMemory } from './directory-memory.ts';
import { subjectOfRow, type SubjectName } from './directory-subject.ts';

export interface Directory {
  /** What a provider said of who just came in: kept, and given back as it counts now. Throws `forbidden` for who was deactivated or removed. */
  signedIn(subject: Subject): Promise<Subject>;
  /** What provisioning says: from now on it keeps name and groups. Who was deactivated or removed is active again, unless it says otherwise. */
  put(subject: Subject, status?: 'active' | 'inactive'): Promise<Subject>;
  /** Ends everything that was issued to the subject; nothing where it is not known. */
  deactivate(name: SubjectName): Promise<void>;
  remove(name: SubjectName): Promise<void>;
  /** The same three within a transaction of the caller's, who calls `refresh` when it is committed: rows that belong to a subject change with it or not at all. */
  within(transaction: Transaction<Schema>): DirectoryWrites & {
    /** To be awaited before the transaction ends. What is recorded of many changes goes to the disk together. */
    recorded(): Promise<void>;
  };
  /** Resolves when what was committed before this call is in force here. */
  refresh(): Promise<void>;
  /** As the database has it at this moment; undefined for who is not known, not active, or was ended after `since` (epoch milliseconds). */
  find(name: SubjectName, since?: number): Promise<Subject | undefined>;
  /** Persons of that name, active ones. */
  named(name: string): Promise<readonly Subject[]>;
  /**
   * Who somebody is at this moment: as the database has it, and where it has nothing, as its issuer said. Undefined for who
   * was deactivated or removed, and for whoever acts for such a person.
   */
  current(subject: Subject): Promise<Subject | undefined>;
  /**
   * The same for the subject of a token that was issued then (epoch milliseconds), from memory and without waiting. Throws
   * where nobody has been able to read for long.
   */
  standing(subject: Subject, issuedAt: number): Subject | 'ended';
  /** Hears of every change, right after it is in force here. The result ends it. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export type DirectoryWrites = Pick<Directory, 'put' | 'deactivate' | 'remove'>;

export interface DirectoryOptions {
  readonly storage: Storage;
  readonly recorder: Recorder;
  readonly now?: () => number;
  readonly pollMs?: number;
  readonly report?: (error: unknown) => void;
}

/** Resolves when what is known is read: a gateway that cannot read it does not start. */
export async function openDirectory(options: DirectoryOptions): Promise<Directory> {
  const { storage, recorder, now = Date.now, pollMs, report } = options;
  const { db } = storage;
  const memory = new DirectoryMemory(now);
  const feed = new ChangeFeed<SubjectRow>({
    now,
    ...(pollMs === undefined ? {} : { pollMs }),
    ...(report ? { report } : {}),
    read: (after) => db.selectFrom('subjects').selectAll().where('change', '>', after).orderBy('change').execute(),
    apply: (rows) => memory.apply(rows),
  });
  await feed.start();

  type Next = (row: SubjectRow | undefined) => Omit<SubjectRow, 'change'> | undefined;

  /** In force here when it resolves. */
  async function write(name: SubjectName, next: Next): Promise<SubjectRow | undefined> {
    const written = await db.transaction().execute(async (transaction) => {
      const records: Promise<void>[] = [];
      const row = await writeIn(transaction, name, next, records);
      await Promise.all(records);
      return row;
    });
    await feed.refresh();
    return written;
  }

  /** The change, its record, or neither. */
  async function writeIn(transaction: Transaction<Schema>, name: SubjectName, next: Next, records: Promise<void>[]): Promise<SubjectRow | undefined> {
    // Taken before the row is read: two processes that write the same subject come one after the other.
    const change = await nextChange(transaction, 'directory');
    const before = await rowOf(transaction, name);
    const after = next(before);
    if (!after) return before;
    const changed = !before || isChange(before, after);
    const row: SubjectRow = { ...after, ...(changed ? { change } : { change: before.change, changed_at: before.changed_at }) };
    await store(transaction, row);
    if (after.status !== 'active')
      await transaction.deleteFrom('sign_ins').where('issuer', '=', row.issuer).where('kind', '=', row.kind).where('subject', '=', row.id).execute();
    if (changed) records.push(record(row, noteOf(before, row)));
    return row;
  }

  function record(row: SubjectRow, note: string): Promise<void> {
    const recorded = recorder.append(makeEvent('subject.changed', { subject: eventSubject(subjectOfRow(row)), note }, new Date(now())));
    // Whoever awaits it hears of a failure; one that nobody comes to await any more, since the change failed first, harms nobody.
    recorded.catch(() => {});
    return recorded;
  }

  async function find(name: SubjectName, since = Number.POSITIVE_INFINITY): Promise<Subject | undefined> {
    const row = await rowOf(db, name);
    return row?.status === 'active' && row.ended_at <= since ? subjectOfRow(row) : undefined;
  }

  async function current(subject: Subject): Promise<Subject | undefined> {
    const row = await rowOf(db, subject);
    if (row && row.status !== 'active') return undefined;
    const today = row ? subjectOfRow(row) : subject;
    if (!subject.onBehalfOf) return today;
    const behind = await current(subject.onBehalfOf);
    return behind && { ...today, onBehalfOf: behind };
  }

  const ended = (status: 'inactive' | 'removed') => ({ status, ended_at: now(), changed_at: now() });

  /** What provisioning does, by either way to write. */
  function writesBy(writeOne: typeof write): DirectoryWrites {
    const end = async (name: SubjectName, status: 'inactive' | 'removed'): Promise<void> => {
      await writeOne(name, (row) => row && { ...row, ...ended(status) });
    };
    return {
      async put(subject, status = 'active') {
        const row = await writeOne(subject, (known) => ({ ...rowFor(subject, 'scim', now(), known), ...(status === 'active' ? {} : ended(status)) }));
        return row ? subjectOfRow(row) : subject;
      },
      deactivate: (name) => end(name, 'inactive'),
      remove: (name) => end(name, 'removed'),
    };
  }

  return {
    async signedIn(subject) {
      const row = await write(subject, (known) => {
        if (known && known.status !== 'active')
          throw new SallyportError('forbidden', 'this person was deactivated', { hint: 'ask whoever keeps the directory' });
        const said = known?.kept_by === 'scim' ? known : rowFor(subject, 'claims', now(), known);
        return { ...said, signed_in_at: now() };
      });
      return row ? subjectOfRow(row) : subject;
    },
    ...writesBy(write),
    within(transaction) {
      const records: Promise<void>[] = [];
      const recorded = async (): Promise<void> => void (await Promise.all(records));
      return { ...writesBy((name, next) => writeIn(transaction, name, next, records)), recorded };
    },
    refresh: () => feed.refresh(),
    find,
    async named(name) {
      const rows = await db.selectFrom('subjects').selectAll().where('name', '=', name).where('kind', '=', 'person').where('status', '=', 'active').execute();
      return rows.map(subjectOfRow);
    },
    current,
    standing(subject, issuedAt) {
      if (!feed.isFresh) throw new Error('the directory has not been readable for too long');
      return memory.standing(subject, issuedAt);
    },
    onChange: (listener) => feed.onChange(listener),
    close: () => feed.close(),
  };
}

const rowOf = (db: Storage['db'] | Transaction<Schema>, { issuer, kind, id }: SubjectName): Promise<SubjectRow | undefined> =>
  db.selectFrom('subjects').selectAll().where('issuer', '=', issuer).where('kind', '=', kind).where('id', '=', id).executeTakeFirst();

function rowFor(
  { issuer, kind, id, name, groups }: Subject,
  keptBy: 'claims' | 'scim',
  now: number,
  known: SubjectRow | undefined,
): Omit<SubjectRow, 'change'> {
  return {
    issuer,
    kind,
    id,
    name,
    member_of: JSON.stringify([...new Set(groups)].toSorted()),
    kept_by: keptBy,
    status: 'active',
    changed_at: now,
    ended_at: known?.ended_at ?? 0,
    signed_in_at: known?.signed_in_at ?? null,
  };
}

/** To have signed in again is none. */
const isChange = (before: SubjectRow, after: Omit<SubjectRow, 'change'>): boolean =>
  before.name !== after.name ||
  before.member_of !== after.member_of ||
  before.kept_by !== after.kept_by ||
  before.status !== after.status ||
  before.ended_at !== after.ended_at;

async function store(db: Transaction<Schema>, row: SubjectRow): Promise<void> {
  const { issuer: _issuer, kind: _kind, id: _id, ...rest } = row;
  await db
    .insertInto('subjects')
    .values(row)
    .onConflict((conflict) => conflict.columns(['issuer', 'kind', 'id']).doUpdateSet(rest))
    .execute();
}

function noteOf(before: SubjectRow | undefined, { status, kept_by }: SubjectRow): string {
  const by = kept_by === 'scim' ? 'provisioning' : 'its provider at sign-in';
  if (status !== 'active') return status === 'removed' ? 'removed' : 'deactivated';
  if (!before) return `first known, by ${by}`;
  return before.status === 'active' ? `name or groups changed by ${by}` : 'active again';
}
