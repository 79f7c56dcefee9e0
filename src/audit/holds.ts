import { sql, type Kysely, type Transaction } from 'kysely';
import { isSallyportError, SallyportError } from '../core/error.ts';
import { eventSubject, makeEvent, type EventKind } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Subject } from '../core/subject.ts';
import type { HoldRow, Schema } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';

export type HoldKind = 'session' | 'target';

/** A legal hold: what it names is neither erased nor deleted, whatever its age, until somebody lifts it. */
export interface Hold {
  readonly kind: HoldKind;
  readonly name: string;
  readonly reason: string;
  /** Name of who placed it. */
  readonly by: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Holds {
  list(): Promise<readonly Hold[]>;
  /** Throws `conflict` where it is held already, or where the session is erased already. */
  place(hold: Pick<Hold, 'kind' | 'name' | 'reason'>, by: Subject): Promise<Hold>;
  /** Throws `not_found` where it is not held. */
  lift(hold: Pick<Hold, 'kind' | 'name' | 'reason'>, by: Subject): Promise<void>;
}

export interface HoldOptions {
  readonly storage: Storage;
  readonly recorder: Recorder;
  readonly now?: () => number;
}

export function openHolds({ storage, recorder, now = Date.now }: HoldOptions): Holds {
  /** The row and its record, or neither. */
  const recorded = async (event: EventKind, { kind, name, reason }: Pick<Hold, 'kind' | 'name' | 'reason'>, by: Subject, change: Change): Promise<void> =>
    storage.db.transaction().execute(async (db) => {
      await change(db);
      const about = kind === 'target' ? { target: name } : {};
      const note = `${kind} ${name}${reason === '' ? '' : `: ${reason}`}`;
      await recorder.append(makeEvent(event, { subject: eventSubject(by), ...about, note }, new Date(now())));
    });

  return {
    list: () => listHolds(storage.db),
    async place(asked, by) {
      const hold: Hold = { ...asked, by: by.name, at: now() };
      const row = { kind: hold.kind, name: hold.name, reason: hold.reason, placed_by: hold.by, placed_at: hold.at };
      await recorded('hold.placed', hold, by, async (db) => {
        await db
          .insertInto('holds')
          .values(row)
          .execute()
          .catch((error: unknown) => {
            throw isSallyportError(error, 'conflict') ? new SallyportError('conflict', `the ${hold.kind} ${hold.name} is held already`) : error;
          });
        // After the row: an erasure that was on its way when it was written is done by now, or sees it (`underHolds`).
        if (hold.kind === 'session') await refuseErased(db, hold.name);
      });
      return hold;
    },
    lift: (hold, by) =>
      recorded('hold.lifted', hold, by, async (db) => {
        const { numDeletedRows } = await db.deleteFrom('holds').where('kind', '=', hold.kind).where('name', '=', hold.name).executeTakeFirst();
        if (numDeletedRows === 0n) throw new SallyportError('not_found', `the ${hold.kind} ${hold.name.slice(0, 100)} is not held`);
      }),
  };
}

/**
 * Runs `use` with the holds of that moment, in a transaction in which nobody places or lifts one: what it decides by them is still so when it commits.
 */
export async function underHolds<T>({ db, kind }: Storage, use: (transaction: Transaction<Schema>, holds: readonly Hold[]) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    // The embedded database has one writer at a time by itself.
    if (kind === 'postgres') await sql`lock table holds in share row exclusive mode`.execute(transaction);
    return use(transaction, await listHolds(transaction));
  });
}

export async function listHolds(db: Kysely<Schema>): Promise<readonly Hold[]> {
  return (await db.selectFrom('holds').selectAll().orderBy('placed_at').orderBy('kind').orderBy('name').execute()).map(toHold);
}

async function refuseErased(db: Kysely<Schema>, session: string): Promise<void> {
  const erased = await db.selectFrom('erasures').select('session').where('session', '=', session).executeTakeFirst();
  if (erased)
    throw new SallyportError('conflict', `the session ${session.slice(0, 100)} is erased already`, {
      hint: 'hold its target to keep what is recorded from now on',
    });
}

type Change = (db: Storage['db']) => Promise<void>;

/** The hold that keeps this session, or its whole target. */
export function holdOn(holds: readonly Hold[], { session, target }: { readonly session: string; readonly target: string }): Hold | undefined {
  return holds.find(({ kind, name }) => name === (kind === 'session' ? session : target));
}

// Only `place` writes rows.
const toHold = ({ kind, name, reason, placed_by, placed_at }: HoldRow): Hold => ({ kind: kind as HoldKind, name, reason, by: placed_by, at: placed_at });
