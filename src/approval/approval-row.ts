import type { Kysely } from 'kysely';
import type { AccessWindow, Approval, ApprovalAnswer, ApprovalAsk } from '../core/approval.ts';
import { principalOf, subjectKey, type Subject } from '../core/subject.ts';
import type { AnswerRow, ApprovalRow, Schema } from '../storage/schema.ts';
import { statusAt } from './approval-life.ts';

/** Parameters of one statement stay far below what either database allows. */
export const BATCH = 500;

/** The records of these rows, with their answers, as they are at `now`. */
export async function readApprovals(db: Kysely<Schema>, rows: readonly ApprovalRow[], now: number): Promise<readonly Approval[]> {
  const answers: AnswerRow[] = [];
  for (let from = 0; from < rows.length; from += BATCH) {
    const ids = rows.slice(from, from + BATCH).map((row) => row.id);
    answers.push(...(await db.selectFrom('approval_answers').selectAll().where('approval_id', 'in', ids).orderBy('answered_at').execute()));
  }
  const byApproval = Map.groupBy(answers, (answer) => answer.approval_id);
  return rows.map((row) => toApproval(row, byApproval.get(row.id) ?? [], now));
}

export async function readApproval(db: Kysely<Schema>, row: ApprovalRow, now: number): Promise<Approval> {
  const [approval] = await readApprovals(db, [row], now);
  if (!approval) throw new Error('one row makes one record');
  return approval;
}

// What was written by `newRow` and `answer` is read back by its type.
function toApproval(row: ApprovalRow, answers: readonly AnswerRow[], now: number): Approval {
  const { id, session, target, command, shown, digest } = row;
  return {
    id,
    status: statusAt(row, now),
    session,
    subject: JSON.parse(row.subject) as Subject,
    target,
    command,
    shown,
    digest,
    decision: JSON.parse(row.decision) as Approval['decision'],
    answers: answers.map(toAnswer),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.time_window === null ? {} : { window: JSON.parse(row.time_window) as AccessWindow }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) as string }),
  };
}

function toAnswer(row: AnswerRow): ApprovalAnswer {
  // As above: only `answer` writes these columns.
  return { approver: JSON.parse(row.approver) as Subject, answer: row.answer as ApprovalAnswer['answer'], reason: row.reason, at: row.answered_at };
}

export interface NewApproval {
  readonly id: string;
  readonly key: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export function newRow(
  { id, key, createdAt, expiresAt }: NewApproval,
  { session, command, decision, shown, window }: ApprovalAsk & { readonly window?: AccessWindow },
): ApprovalRow {
  return {
    id,
    approval_key: key,
    status: 'pending',
    session: session.id,
    subject: JSON.stringify(session.subject),
    principal_key: subjectKey(principalOf(session.subject)),
    target: session.target.name,
    command: command.name,
    shown,
    digest: command.digest,
    decision: JSON.stringify(decision),
    created_at: createdAt,
    expires_at: expiresAt,
    changed_at: createdAt,
    intent: null,
    owner: null,
    result: null,
    time_window: window === undefined ? null : JSON.stringify(window),
  };
}
