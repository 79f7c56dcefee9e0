import type { Kysely } from 'kysely';
import type { Approval, ApprovalStatus } from '../core/approval.ts';
import type { Recorder } from '../core/recorder.ts';
import type { ApprovalRow, Schema } from '../storage/schema.ts';
import { approvalEvent, type ApprovalEventKind } from './approval-event.ts';
import { readApproval } from './approval-row.ts';

/** What every transition needs. */
export interface Desk {
  readonly db: Kysely<Schema>;
  readonly recorder: Recorder;
  readonly now: () => number;
}

/** One arrow of the state diagram. */
export interface Transition {
  readonly id: string;
  readonly from: readonly ApprovalStatus[];
  readonly to: Exclude<ApprovalStatus, 'pending'>;
  /** `open`: its time has not ended; `ended`: it has. Checked by the update itself. */
  readonly clock?: 'open' | 'ended';
  /** Who executes it, as the row must say. */
  readonly heldBy?: { readonly owner: string; readonly intent: string | null };
  readonly set?: Partial<Pick<ApprovalRow, 'intent' | 'owner' | 'result' | 'expires_at'>>;
  readonly note?: string;
}

/**
 * One conditional update, which locks the row, and its record, in one transaction that commits only when the record is
 * on disk: what was not recorded did not happen. Undefined when the row was not (or no longer) in a state to go from.
 */
export function transit(desk: Desk, transition: Transition): Promise<Approval | undefined> {
  return desk.db.transaction().execute((db) => transitWithin({ ...desk, db }, transition));
}

/** The same, inside a transaction that is open already. */
export async function transitWithin(desk: Desk, transition: Transition): Promise<Approval | undefined> {
  const now = desk.now();
  const row = await updateIf(desk.db, transition, now);
  if (!row) return undefined;
  const approval = await readApproval(desk.db, row, now);
  const { note } = transition;
  const more = { ...(row.intent === null ? {} : { intent: row.intent }), ...(note === undefined ? {} : { note }) };
  const kind: ApprovalEventKind = `approval.${transition.to}`;
  await desk.recorder.append(approvalEvent(kind, approval, more, now));
  return approval;
}

function updateIf(db: Kysely<Schema>, { id, from, to, clock, heldBy, set }: Transition, now: number): Promise<ApprovalRow | undefined> {
  let update = db
    .updateTable('approvals')
    .set({ ...set, status: to, changed_at: now })
    .where('id', '=', id)
    .where('status', 'in', from);
  if (clock) update = update.where('expires_at', clock === 'open' ? '>' : '<=', now);
  if (heldBy) update = update.where('owner', '=', heldBy.owner);
  if (heldBy?.intent) update = update.where('intent', '=', heldBy.intent);
  return update.returningAll().executeTakeFirst();
}
