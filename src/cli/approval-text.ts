import { alignColumns } from './columns.ts';
import { escapeText } from './escape.ts';
import type { ApprovalView } from './views.ts';

export function approvalRows(approvals: readonly ApprovalView[]): readonly string[] {
  const rows = approvals.map(({ id, status, subject, target, command, risk, window, expiresAt, mayAnswer }) => [
    id,
    status,
    `${subject.kind}:${subject.name}`,
    target,
    command,
    // Nobody knows the risk of all that a window lets through.
    window ? `for ${window.minutes} min` : `risk ${risk.score}`,
    mayAnswer ? `yours to answer until ${expiresAt}` : `until ${expiresAt}`,
  ]);
  return alignColumns(rows);
}

/** What an approver needs to know, the command itself last and exactly as it would run. */
export function approvalText(approval: ApprovalView): readonly string[] {
  const { subject, risk, window } = approval;
  const rows = [
    ['id', approval.id],
    ['status', approval.status],
    ['asked by', `${subject.kind}:${subject.name} (${subject.groups.join(', ')})`],
    ['target', approval.target],
    ['command', approval.command],
    ['reason', approval.reason],
    window ? ['lets through', letsThrough(window)] : ['risk', [String(risk.score), ...risk.factors.map(({ name, points }) => `${name} +${points}`)].join('  ')],
    ...approval.approvals.map(({ rule, from, quorum }) => ['needs', `${quorum} of ${from.join(', ')} (rule ${rule})`]),
    ...approval.answers.map(({ approver, answer, reason, at }) => ['answer', `${approver}: ${answer} at ${at}${reason === '' ? '' : `, ${reason}`}`]),
    ['until', approval.expiresAt],
    ['digest', approval.digest],
  ];
  return [...alignColumns(rows), '', `  ${escapeText(approval.shown)}`];
}

const letsThrough = ({ pattern, minutes, constraint }: NonNullable<ApprovalView['window']>): string =>
  `every command ${pattern} for ${minutes} min${constraint === undefined ? '' : `, where ${constraint}`}`;
