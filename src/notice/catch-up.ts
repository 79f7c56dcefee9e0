import type { ApprovalStatus, Approval } from '../core/approval.ts';
import { readApprovals } from '../approval/approval-row.ts';
import type { Storage } from '../storage/storage.ts';
import { toldOf } from './approval-messages.ts';

const NAME = 'notices';
/** Changes of the last moments are looked at again: their transaction may have ended later than another's. */
const OVERLAP_MS = 60_000;
const BATCH = 200;

/**
 * Finds what nobody queued: a process may have died between a change and its message. Whatever waits for people counts, and
 * whatever changed since the last look; on a first look nothing that is settled is told anew.
 */
export async function catchUp({ db }: Pick<Storage, 'db'>, now: number, queue: (approval: Approval, status: ApprovalStatus) => Promise<void>): Promise<void> {
  const before = await db.selectFrom('looked_through').select('until_at').where('name', '=', NAME).executeTakeFirst();
  const since = before ? before.until_at - OVERLAP_MS : now;
  const pending = await db.selectFrom('approvals').selectAll().where('status', '=', 'pending').where('expires_at', '>', now).execute();
  const changed = await db.selectFrom('approvals').selectAll().where('changed_at', '>=', since).where('status', '!=', 'pending').execute();
  const rows = [...pending, ...changed];
  for (let from = 0; from < rows.length; from += BATCH) {
    for (const approval of await readApprovals(db, rows.slice(from, from + BATCH), now)) for (const status of toldOf(approval)) await queue(approval, status);
  }
  await db
    .insertInto('looked_through')
    .values({ name: NAME, until_at: now })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ until_at: now }))
    .execute();
}
