import { isRequester, mayAnswer, mayWithdraw } from '../../approval/quorum.ts';
import type { Approval } from '../../core/approval.ts';
import type { Risk } from '../../core/decision.ts';
import type { Subject } from '../../core/subject.ts';
import { presentSubject, type SubjectView } from '../subject-view.ts';

/** Times are RFC 3339. */
export interface ApprovalView {
  readonly id: string;
  readonly status: string;
  readonly subject: SubjectView;
  readonly target: string;
  readonly command: string;
  readonly shown: string;
  readonly digest: string;
  readonly rule: string;
  readonly reason: string;
  readonly risk: Risk;
  readonly approvals: readonly { readonly rule: string; readonly from: readonly string[]; readonly quorum: number; readonly reason: string }[];
  readonly answers: readonly { readonly approver: string; readonly answer: string; readonly reason: string; readonly at: string }[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly mayAnswer: boolean;
  readonly mine: boolean;
  /** Whether the viewer may take it back, or end it where it is a window. */
  readonly mayWithdraw: boolean;
  /** Where it is of a kind of commands for some time. */
  readonly window?: { readonly pattern: string; readonly constraint?: string; readonly minutes: number; readonly reason: string; readonly breakGlass: boolean };
}

/** Whether the viewer may know of the approval at all: it asked for it, or may answer it. */
export function maySee(approval: Approval, viewer: Subject): boolean {
  return isRequester(approval, viewer) || mayAnswer(approval, viewer);
}

export function presentApproval(approval: Approval, viewer: Subject): ApprovalView {
  const { id, status, subject, target, command, shown, digest, decision, answers, createdAt, expiresAt } = approval;
  return {
    id,
    status,
    subject: presentSubject(subject),
    target,
    command,
    shown,
    digest,
    rule: decision.rule,
    reason: decision.reason,
    risk: decision.risk,
    approvals: decision.approvals.map(({ rule, from, quorum, reason }) => ({ rule, from, quorum, reason })),
    answers: answers.map(({ approver, answer, reason, at }) => ({ approver: approver.name, answer, reason, at: rfc3339(at) })),
    createdAt: rfc3339(createdAt),
    expiresAt: rfc3339(expiresAt),
    mayAnswer: status === 'pending' && mayAnswer(approval, viewer),
    mine: isRequester(approval, viewer),
    mayWithdraw: (status === 'pending' || status === 'granted') && mayWithdraw(approval, viewer),
    ...(approval.window ? { window: presentWindow(approval.window) } : {}),
  };
}

function presentWindow({ pattern, constraint, durationMs, reason, breakGlass }: NonNullable<Approval['window']>): NonNullable<ApprovalView['window']> {
  return { pattern, ...(constraint === undefined ? {} : { constraint }), minutes: durationMs / 60_000, reason, breakGlass: breakGlass !== undefined };
}

const rfc3339 = (time: number): string => new Date(time).toISOString();
