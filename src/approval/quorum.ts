/** Who may answer, and when enough have: pure, so that the console, the inbox and the gate agree. */
import type { Approval, ApprovalAnswer } from '../core/approval.ts';
import type { ApprovalRequirement } from '../core/decision.ts';
import { principalOf, subjectKey, type Subject } from '../core/subject.ts';

/** The same human, as far as can be told: one identity, or one name from two issuers. In doubt it is the same. */
export function sharesPerson(a: Subject, b: Subject): boolean {
  const [one, other] = [principalOf(a), principalOf(b)];
  return subjectKey(one) === subjectKey(other) || foldName(one.name) === foldName(other.name);
}

const foldName = (name: string): string => name.normalize('NFKC').toLowerCase();

/** A person in nobody's name, other than the requester, its agents' person included. */
export function mayApprove(approver: Subject, requester: Subject): boolean {
  return approver.kind === 'person' && approver.onBehalfOf === undefined && !sharesPerson(approver, requester);
}

export function isNamed(approver: Subject, { from }: Pick<ApprovalRequirement, 'from'>): boolean {
  return from.includes(`person:${approver.name}`) || approver.groups.some((group) => from.includes(`group:${group}`));
}

type Asked = Pick<Approval, 'subject' | 'decision'>;

/** The requirements that this approver's yes would count for; none for who may not answer at all. */
export function requirementsFor({ subject, decision }: Asked, approver: Subject): readonly ApprovalRequirement[] {
  return mayApprove(approver, subject) ? decision.approvals.filter((requirement) => isNamed(approver, requirement)) : [];
}

/** Whether the viewer may answer this approval while it is pending. */
export function mayAnswer(approval: Asked, viewer: Subject): boolean {
  return requirementsFor(approval, viewer).length > 0;
}

/** Whether the viewer asked for it: the requester itself, or the person behind it. Another agent of that person did not. */
export function isRequester({ subject }: Pick<Approval, 'subject'>, viewer: Subject): boolean {
  const person = subjectKey(principalOf(subject));
  if (subjectKey(viewer) === person) return true;
  return subjectKey(viewer) === subjectKey(subject) && subjectKey(principalOf(viewer)) === person;
}

/** Who may take it back: the requester; a window also whoever may approve it. */
export function mayWithdraw(approval: Pick<Approval, 'subject' | 'decision' | 'window'>, viewer: Subject): boolean {
  return isRequester(approval, viewer) || (approval.window !== undefined && mayAnswer(approval, viewer));
}

/**
 * Every requirement has its quorum of distinct persons. Someone named by two requirements counts for both, someone
 * named twice by one requirement counts once. A review that names no requirement is never satisfied.
 */
export function isSatisfied(asked: Asked, answers: readonly ApprovalAnswer[]): boolean {
  const { approvals } = asked.decision;
  const yes = answers.filter(({ answer }) => answer === 'approve').map(({ approver }) => approver);
  const has = (requirement: ApprovalRequirement): boolean =>
    distinctPersons(yes.filter((approver) => mayApprove(approver, asked.subject) && isNamed(approver, requirement))).length >= Math.max(1, requirement.quorum);
  return approvals.length > 0 && approvals.every(has);
}

function distinctPersons(subjects: readonly Subject[]): readonly Subject[] {
  const persons: Subject[] = [];
  for (const subject of subjects) if (!persons.some((person) => sharesPerson(person, subject))) persons.push(subject);
  return persons;
}

/** Who is asked, in words: `2 of group:a, person:b and 1 of group:c`. */
export function whoCan({ approvals }: Approval['decision']): string {
  return approvals.map(({ quorum, from }) => `${quorum} of ${from.join(', ')}`).join(' and ');
}
