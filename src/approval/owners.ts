import type { Kysely } from 'kysely';
import type { Schema } from '../storage/schema.ts';

/** A process that has not said for so long that it is alive is taken for dead. Replicas' clocks agree far better than this. */
const ALIVE_MS = 30_000;
export const SAY_ALIVE_EVERY_MS = 5_000;

export async function sayAlive(db: Kysely<Schema>, owner: string, now: number): Promise<void> {
  const alive_until = now + ALIVE_MS;
  await db
    .insertInto('owners')
    .values({ owner, alive_until })
    .onConflict((conflict) => conflict.column('owner').doUpdateSet({ alive_until }))
    .execute();
}

export async function sayGoodbye(db: Kysely<Schema>, owner: string): Promise<void> {
  await db.deleteFrom('owners').where('owner', '=', owner).execute();
}

export interface Held {
  readonly id: string;
  readonly owner: string;
  readonly intent: string | null;
}

/** What is being executed by processes that are dead, or by this one's former life: nobody knows how it ended. */
export async function abandoned(db: Kysely<Schema>, owner: string, running: ReadonlySet<string>, now: number): Promise<readonly Held[]> {
  const rows = await db.selectFrom('approvals').select(['id', 'owner', 'intent']).where('status', '=', 'executing').execute();
  if (rows.length === 0) return [];
  const alive = await db.selectFrom('owners').select('owner').where('alive_until', '>', now).execute();
  const living = new Set(alive.map((row) => row.owner));
  const isAlive = (row: Held): boolean => (row.owner === owner ? running.has(row.id) : living.has(row.owner));
  return rows.map((row) => ({ ...row, owner: row.owner ?? '' })).filter((row) => !isAlive(row));
}
