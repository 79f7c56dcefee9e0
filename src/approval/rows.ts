import type { Kysely } from 'kysely';
import type { ApprovalRow, Schema } from '../storage/schema.ts';
import { BATCH } from './approval-row.ts';

/** Of everything that ever was, the inbox shows so many. */
const LATEST = 500;
/** Of what waits, all that any number of people could read. */
const PENDING = 10_000;
const SWEPT_AT_ONCE = 100;
/** Other replicas' clocks may be this far off; what was announced already is not announced again. */
const LOOK_BACK_MS = 10_000;
/** How far back a sweep looks for results to forget, so that it need not read all of history each second. */
const FORGET_WITHIN_MS = 7 * 86_400_000;

export function latestRows(db: Kysely<Schema>) {
  return db.selectFrom('approvals').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(LATEST);
}

export function pendingRows(db: Kysely<Schema>, now: number) {
  return latestRows(db).clearLimit().limit(PENDING).where('status', '=', 'pending').where('expires_at', '>', now);
}

/** What is open but whose time has ended. */
export async function endedByClock(db: Kysely<Schema>, now: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('approvals')
    .select('id')
    .where('status', 'in', ['pending', 'granted'])
    .where('expires_at', '<=', now)
    .limit(SWEPT_AT_ONCE)
    .execute();
  return rows.map((row) => row.id);
}

/** A result is kept for a retry, not for longer. */
export async function forgetResults(db: Kysely<Schema>, now: number): Promise<void> {
  const ended = db.updateTable('approvals').set({ result: null }).where('status', '=', 'consumed').where('expires_at', '<=', now);
  await ended
    .where('expires_at', '>', now - FORGET_WITHIN_MS)
    .where('result', 'is not', null)
    .execute();
}

/** These rows, and all that changed of late, whoever changed them. */
export async function changedRows(db: Kysely<Schema>, ids: readonly string[], now: number): Promise<readonly ApprovalRow[]> {
  const rows = await latestRows(db)
    .where('changed_at', '>=', now - LOOK_BACK_MS)
    .execute();
  for (let from = 0; from < ids.length; from += BATCH) {
    rows.push(
      ...(await db
        .selectFrom('approvals')
        .selectAll()
        .where('id', 'in', ids.slice(from, from + BATCH))
        .execute()),
    );
  }
  return rows;
}
