import { hasWords } from '../text/filter.ts';
import type { ApprovalView } from './approvals.ts';

export type InboxPlace = 'mine-to-answer' | 'waiting' | 'settled';

export interface InboxSection {
  readonly place: InboxPlace;
  readonly approvals: readonly ApprovalView[];
}

/** What waits for this viewer first (the one that ends soonest on top), then what waits for others, then the rest, newest first. */
export function sortInbox(approvals: readonly ApprovalView[]): readonly InboxSection[] {
  const at = (place: InboxPlace): readonly ApprovalView[] => approvals.filter((approval) => placeOf(approval) === place);
  const sections: readonly InboxSection[] = [
    { place: 'mine-to-answer', approvals: at('mine-to-answer').toSorted((a, b) => time(a.expiresAt) - time(b.expiresAt)) },
    { place: 'waiting', approvals: at('waiting').toSorted((a, b) => time(a.expiresAt) - time(b.expiresAt)) },
    { place: 'settled', approvals: at('settled').toSorted((a, b) => time(b.createdAt) - time(a.createdAt)) },
  ];
  return sections.filter((section) => section.approvals.length > 0);
}

export function placeOf(approval: ApprovalView): InboxPlace {
  if (approval.status !== 'pending') return 'settled';
  return approval.mayAnswer ? 'mine-to-answer' : 'waiting';
}

/** The list with one record replaced, or added where it is new. */
export function mergeApproval(list: readonly ApprovalView[], changed: ApprovalView): readonly ApprovalView[] {
  const known = list.some((approval) => approval.id === changed.id);
  return known ? list.map((approval) => (approval.id === changed.id ? laterOf(approval, changed) : approval)) : [changed, ...list];
}

const BEFORE_THE_END: readonly string[] = ['pending', 'granted', 'executing'];

/** States only go forward: the reply to an answer may come after the stream has told what became of it. */
export function laterOf(known: ApprovalView | undefined, told: ApprovalView): ApprovalView {
  if (!known) return told;
  const step = ({ status }: ApprovalView): number => (BEFORE_THE_END.includes(status) ? BEFORE_THE_END.indexOf(status) : BEFORE_THE_END.length);
  return step(told) < step(known) ? known : told;
}

/** Every word of the filter is somewhere in who, where, what or why. */
export function matchesFilter(approval: ApprovalView, filter: string): boolean {
  const { id, status, subject, target, command, rule, shown } = approval;
  return hasWords([id, status, subject.name, target, command, rule, shown], filter);
}

const time = (text: string): number => Date.parse(text);
