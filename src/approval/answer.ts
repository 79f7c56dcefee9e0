import type { Approval, ApprovalAnswer } from '../core/approval.ts';
import { SallyportError } from '../core/error.ts';
import { principalOf, subjectKey, type Subject } from '../core/subject.ts';
import { answersInWords } from './approval-event.ts';
import { readApproval } from './approval-row.ts';
import { isSatisfied, requirementsFor, sharesPerson, whoCan } from './quorum.ts';
import { transitWithin, type Desk } from './transition.ts';

const MAX_REASON = 2_000;

/** Throws `forbidden` for who may not answer, `usage` or `limit_exceeded` for a reason that will not do. */
export function checkAnswer(approval: Approval, approver: Subject, reason: string): void {
  const requirements = requirementsFor(approval, approver);
  if (requirements.length === 0) throw notEligible(approval, approver);
  if (reason.trim() === '' && requirements.some((requirement) => requirement.reason === 'required')) {
    throw new SallyportError('usage', 'this approval takes a reason', { hint: 'say why, in a sentence that an auditor understands' });
  }
  if (reason.length > MAX_REASON) throw new SallyportError('limit_exceeded', `a reason has at most ${MAX_REASON} characters`);
}

function notEligible(approval: Approval, approver: Subject): SallyportError {
  const hint = `this takes ${whoCan(approval.decision)}`;
  if (approver.kind !== 'person' || approver.onBehalfOf)
    return new SallyportError('forbidden', 'only a person can answer an approval, in their own name', { hint });
  if (sharesPerson(approver, approval.subject))
    return new SallyportError('forbidden', 'nobody answers an approval of their own, nor of an agent of theirs', { hint });
  return new SallyportError('forbidden', 'you are not among those who may answer this approval', { hint });
}

/**
 * Keeps one person's answer and, where it decides, moves the record: one deny denies, the last yes of every quorum
 * grants. Undefined when the record was not pending any more; then nothing was kept.
 */
export function keepAnswer(desk: Desk, id: string, given: Omit<ApprovalAnswer, 'at'>): Promise<Approval | undefined> {
  return desk.db.transaction().execute(async (db) => {
    const within: Desk = { ...desk, db };
    const answer: ApprovalAnswer = { ...given, at: desk.now() };
    // An update that changes little: it locks the row, so that two last answers are seen one after the other.
    const locked = db
      .updateTable('approvals')
      .set({ changed_at: answer.at })
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .where('expires_at', '>', answer.at);
    const row = await locked.returningAll().executeTakeFirst();
    if (!row) return undefined;
    await writeAnswer(within, id, answer);
    const approval = await readApproval(db, row, answer.at);
    return decide(within, approval);
  });
}

/** A person has one answer; a yes may still turn into a no. */
async function writeAnswer({ db }: Desk, id: string, { approver, answer, reason, at }: ApprovalAnswer): Promise<void> {
  const values = { approver: JSON.stringify(approver), answer, reason, answered_at: at };
  await db
    .insertInto('approval_answers')
    .values({ approval_id: id, principal_key: subjectKey(principalOf(approver)), ...values })
    .onConflict((conflict) => conflict.columns(['approval_id', 'principal_key']).doUpdateSet(values))
    .execute();
}

async function decide(desk: Desk, approval: Approval): Promise<Approval> {
  const { id, answers, decision } = approval;
  const note = answersInWords(answers);
  if (answers.some(({ answer }) => answer === 'deny')) return (await transitWithin(desk, { id, from: ['pending'], to: 'denied', note })) ?? approval;
  if (!isSatisfied(approval, answers)) return approval;
  // The clock of a window starts here; a command's grant waits that long to be used.
  const usableMs = approval.window?.durationMs ?? Math.min(...decision.approvals.map((requirement) => requirement.usableMs));
  return (await transitWithin(desk, { id, from: ['pending'], to: 'granted', set: { expires_at: desk.now() + usableMs }, note })) ?? approval;
}
