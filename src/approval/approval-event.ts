import type { Approval, ApprovalAnswer, ApprovalAsk } from '../core/approval.ts';
import { commandParts, decisionParts, eventSubject, makeEvent, sessionParts, type Event, type EventKind, type EventParts } from '../core/event.ts';
import type { Body } from '../core/recorder.ts';
import { whoCan } from './quorum.ts';

export type ApprovalEventKind = Extract<EventKind, `approval.${string}`>;

export function requestedEvent(id: string, ask: ApprovalAsk, now: number): Event {
  const about = { ...sessionParts(ask.session), ...commandParts(ask.command), ...decisionParts(ask.decision) };
  return makeEvent('approval.requested', { ...about, approval: id, note: `needs ${whoCan(ask.decision)}` }, new Date(now));
}

/** What the approvers were shown, kept beside the event. */
export function shownBody({ shown }: ApprovalAsk): Body {
  return { name: 'request', contentType: 'text/plain; charset=utf-8', bytes: Buffer.from(shown) };
}

export function approvalEvent(kind: ApprovalEventKind, approval: Approval, more: Pick<EventParts, 'note' | 'intent'>, now: number): Event {
  const { id, session, subject, target, command, digest, decision } = approval;
  const about = { session, subject: eventSubject(subject), target, command: { name: command, digest, flags: [] }, ...decisionParts(decision) };
  return makeEvent(kind, { ...about, approval: id, ...more }, new Date(now));
}

/** `approved by lead: looks right; approved by second`. */
export function answersInWords(answers: readonly ApprovalAnswer[]): string {
  return answers
    .map(({ approver, answer, reason }) => `${answer === 'approve' ? 'approved' : 'denied'} by ${approver.name}${reason === '' ? '' : `: ${reason}`}`)
    .join('; ');
}
