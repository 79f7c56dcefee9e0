import type { Kysely } from 'kysely';
import type { AccessWindow, Approval, ApprovalAsk } from '../core/approval.ts';
import { SallyportError } from '../core/error.ts';
import { newId } from '../core/id.ts';
import type { ApprovalRow, Schema } from '../storage/schema.ts';
import { requestedEvent, shownBody } from './approval-event.ts';
import { answersAgain, statusAt } from './approval-life.ts';
import { newRow, readApproval } from './approval-row.ts';
import { transitWithin, type Desk } from './transition.ts';

/** Held commands that one person (with all agents) may have open: an inbox that nobody can read protects nobody. */
const MAX_PENDING = 100;

const TRIES = 5;
/** Records of one key to look through; at most one is live. */
const NEWEST = 10;

/** A command, or with `window` a kind of commands for some time. */
export type AnyAsk = ApprovalAsk & { readonly window?: AccessWindow };

export interface Requested {
  readonly approval: Approval;
  readonly isNew: boolean;
}

/** The record that answers for this key, or a new one; two that ask at once get the same. */
export async function requestApproval(desk: Desk, ask: AnyAsk, key: string): Promise<Requested> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const requested = await desk.db.transaction().execute((db) => attachOrInsert({ ...desk, db }, ask, key));
    if (requested) return requested;
  }
  throw new SallyportError('storage_failed', 'the approval could neither be found nor made');
}

/** Undefined when another process inserted in the same moment: its record is there to attach to now. */
async function attachOrInsert(desk: Desk, ask: AnyAsk, key: string): Promise<Requested | undefined> {
  const now = desk.now();
  const rows = await desk.db.selectFrom('approvals').selectAll().where('approval_key', '=', key).orderBy('created_at', 'desc').limit(NEWEST).execute();
  const answering = rows.find((row) => answersAgain(row, now));
  if (answering) return { approval: await readApproval(desk.db, answering, now), isNew: false };
  // Their time has ended but nobody has written that down yet: they would stand in the way of the new one.
  for (const { id } of rows.filter((row) => row.status !== statusAt(row, now)))
    await transitWithin(desk, { id, from: ['pending', 'granted'], clock: 'ended', to: 'expired' });
  const row = newRow({ id: newId(now), key, createdAt: now, expiresAt: now + pendingMs(ask) }, ask);
  await checkRoom(desk.db, row);
  const inserted = await insertIfAlone(desk.db, row);
  if (!inserted) return undefined;
  await desk.recorder.append(requestedEvent(row.id, ask, now), [shownBody(ask)]);
  return { approval: await readApproval(desk.db, inserted, now), isNew: true };
}

function insertIfAlone(db: Kysely<Schema>, row: ApprovalRow): Promise<ApprovalRow | undefined> {
  return db
    .insertInto('approvals')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

function pendingMs({ decision }: ApprovalAsk): number {
  if (decision.approvals.length === 0) throw new SallyportError('internal', `rule ${decision.rule} asks for an approval but names nobody who may give it`);
  return Math.min(...decision.approvals.map((requirement) => requirement.pendingMs));
}

async function checkRoom(db: Kysely<Schema>, row: ApprovalRow): Promise<void> {
  const open = db.selectFrom('approvals').select((eb) => eb.fn.countAll<number>().as('count'));
  const { count } = await open
    .where('principal_key', '=', row.principal_key)
    .where('status', '=', 'pending')
    .where('expires_at', '>', row.created_at)
    .executeTakeFirstOrThrow();
  if (count < MAX_PENDING) return;
  throw new SallyportError('limit_exceeded', `${MAX_PENDING} commands of yours wait for an approval already`, {
    hint: 'withdraw some, or wait until they are answered',
  });
}
