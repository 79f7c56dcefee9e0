import type { AccessWindow, Approval, ApprovalAsk, WindowQuestion } from '../core/approval.ts';
import { canonicalJson } from '../core/canonical.ts';
import { makeCommand } from '../core/command.ts';
import type { ReviewDecision } from '../core/decision.ts';
import { SallyportError } from '../core/error.ts';
import { commandParts, decisionParts, makeEvent, sessionParts } from '../core/event.ts';
import { newId } from '../core/id.ts';
import type { JsonObject } from '../core/json.ts';
import type { Session } from '../core/session.ts';
import { principalOf, subjectKey } from '../core/subject.ts';
import { requestedEvent, shownBody } from './approval-event.ts';
import { newRow, readApproval, readApprovals } from './approval-row.ts';
import type { Requested } from './request.ts';
import { transitWithin, type Desk } from './transition.ts';

/** Somebody asks to be let through for a while instead of command by command. */
export interface WindowRequest {
  readonly session: Session;
  readonly window: AccessWindow;
  /** Whose yes it takes; for break-glass, who reviews it. */
  readonly decision: ReviewDecision;
}

/** The same record as for a command: what is approved is the pattern, the constraint and the time. Its protocol is ours, so that no command can have its digest. */
export function windowAsk({ session, window, decision }: WindowRequest): ApprovalAsk & { readonly window: AccessWindow } {
  const { pattern, constraint, durationMs, reason, breakGlass } = window;
  const what: JsonObject = {
    target: session.target.name,
    pattern,
    ...(constraint === undefined ? {} : { constraint }),
    durationMs,
    breakGlass: breakGlass !== undefined,
  };
  const command = makeCommand({ protocol: 'sallyport', name: `window ${pattern}`, naming: 'literal', arguments: what });
  return { session, command, decision, window, shown: canonicalJson({ window: { ...what, reason } }) };
}

/** The newest open window of this very subject that covers the command and that people who could have approved it have approved. */
export async function coveringWindow(
  { db, now }: Desk,
  question: WindowQuestion,
  covers: (approval: Approval, question: WindowQuestion) => boolean,
  stands: (approval: Approval) => Promise<boolean>,
  keyOf: (ask: ApprovalAsk) => string,
): Promise<Approval | undefined> {
  const { subject, target } = question.session;
  // Somebody's yes to a definition that nobody knew then is no yes to it.
  if (question.decision.approvals.some(({ rule }) => rule === 'quarantine')) return undefined;
  const rows = await db
    .selectFrom('approvals')
    .selectAll()
    .where('principal_key', '=', subjectKey(principalOf(subject)))
    .where('status', '=', 'granted')
    .where('target', '=', target.name)
    .where('time_window', 'is not', null)
    .where('expires_at', '>', now())
    .orderBy('expires_at', 'desc')
    .execute();
  const keys = new Map(rows.map((row) => [row.id, row.approval_key]));
  for (const approval of await readApprovals(db, rows, now())) {
    // The target's address, program and credential are those of the yes, too.
    const asked = approval.window && windowAsk({ session: withoutClient(question.session), window: approval.window, decision: approval.decision });
    if (!asked || keyOf(asked) !== keys.get(approval.id)) continue;
    if (subjectKey(approval.subject) === subjectKey(subject) && covers(approval, question) && (await stands(approval))) return approval;
  }
  return undefined;
}

/** Windows are asked for through no OAuth client, and used through any. */
const withoutClient = (session: Session): Session => ({ ...session, client: { ...session.client, id: '' } });

/** Break-glass: granted as it is asked for, in one transaction with its record and with the review that stays open. */
export function openAtOnce(desk: Desk, ask: ApprovalAsk & { readonly window: AccessWindow }, key: string): Promise<Requested> {
  return desk.db.transaction().execute(async (db) => {
    const now = desk.now();
    const { breakGlass, durationMs, reason } = ask.window;
    if (!breakGlass || reason.trim() === '') throw new SallyportError('usage', 'break-glass access takes a reason');
    const open = db.selectFrom('approvals').selectAll().where('approval_key', '=', key).where('status', '=', 'granted').where('expires_at', '>', now);
    const known = await open.executeTakeFirst();
    if (known) return { approval: await readApproval(db, known, now), isNew: false };
    const over = await db.selectFrom('approvals').select('id').where('approval_key', '=', key).where('status', '=', 'granted').execute();
    for (const { id } of over) await transitWithin({ ...desk, db }, { id, from: ['granted'], clock: 'ended', to: 'expired' });
    const row = { ...newRow({ id: newId(now), key, createdAt: now, expiresAt: now + durationMs }, ask), status: 'granted' };
    await db.insertInto('approvals').values(row).execute();
    const review = { approval_id: row.id, target: row.target, reviewers: JSON.stringify(breakGlass.review), opened_at: now };
    await db
      .insertInto('access_reviews')
      .values({ ...review, closed_at: null, closed_by: null, finding: null })
      .execute();
    const about = { ...sessionParts(ask.session), ...commandParts(ask.command), ...decisionParts(ask.decision), approval: row.id };
    await desk.recorder.append(requestedEvent(row.id, ask, now), [shownBody(ask)]);
    await desk.recorder.append(makeEvent('breakglass.opened', { ...about, note: `opened by ${ask.session.subject.name}: ${reason}` }, new Date(now)));
    return { approval: await readApproval(db, row, now), isNew: true };
  });
}
