import { isSallyportError, SallyportError } from '../core/error.ts';
import { eventSubject, makeEvent, type EventKind } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Subject } from '../core/subject.ts';
import type { HoldRow } from '../storage/schema.ts';
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
  /** Throws `conflict` where it is held already. */
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
    list: async () => (await storage.db.selectFrom('holds').selectAll().orderBy('placed_at').orderBy('kind').orderBy('name').execute()).map(toHold),
    async place(asked, by) {
      const hold: Hold = { ...asked, by: by.name, at: now() };
      const row = { kind: hold.kind, name: hold.name, reason: hold.reason, placed_by: hold.by, placed_at: hold.at };
      await recorded('hold.placed', hold, by, async (db) => void (await db.insertInto('holds').values(row).execute())).catch((error: unknown) => {
        throw isSallyportError(error, 'conflict') ? new SallyportError('conflict', `the ${hold.kind} ${hold.name} is held already`) : error;
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

type Change = (db: Storage['db']) => Promise<void>;

/** The hold that keeps this session, or its whole target. */
export function holdOn(holds: readonly Hold[], { session, target }: { readonly session: string; readonly target: string }): Hold | undefined {
  return holds.find(({ kind, name }) => name === (kind === 'session' ? session : target));
}

// Only `place` writes rows.
const toHold = ({ kind, name, reason, placed_by, placed_at }: HoldRow): Hold => ({ kind: kind as HoldKind, name, reason, by: placed_by, at: placed_at });
