import { whoCan } from '../approval/quorum.ts';
import { answersInWords } from '../approval/approval-event.ts';
import type { Approval } from '../core/approval.ts';
import { principalOf } from '../core/subject.ts';
import { showCommand, type ShownCommand } from './shown-command.ts';
import { visible } from './visible.ts';

/** What happened: people are asked, or it is settled. */
export type ApprovalNoticeKind = 'requested' | 'answered' | 'break-glass';

interface Told {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Where the whole of it is, and the console's way to answer. */
  readonly url: string;
}

/** What people are told of an approval. Everything in it is safe to print as plain text. */
export interface ApprovalNotice extends Told {
  readonly kind: ApprovalNoticeKind;
  readonly approval: Approval;
  readonly command: ShownCommand;
}

/** What people are told that is no question: an alert. */
export interface AlertNotice extends Told {
  readonly kind: 'alert';
  /** For programs. */
  readonly alert: Readonly<Record<string, unknown>>;
}

export type Notice = ApprovalNotice | AlertNotice;

/** Undefined for changes that nobody has to hear of. */
export function noticeOf(approval: Approval, consoleUrl: string, limit: number): ApprovalNotice | undefined {
  const kind = kindOf(approval);
  if (!kind) return undefined;
  const url = `${consoleUrl}/approvals/${approval.id}`;
  return { kind, approval, title: titleOf(kind, approval), facts: factsOf(approval), command: showCommand(approval.shown, limit), url };
}

function kindOf({ status, window }: Approval): ApprovalNoticeKind | undefined {
  switch (status) {
    case 'pending':
      return 'requested';
    case 'granted':
      return window?.breakGlass ? 'break-glass' : 'answered';
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'indeterminate':
      return 'answered';
    case 'executing':
    case 'consumed':
      return undefined;
    default:
      return status satisfies never;
  }
}

const MAX_TITLE = 160;

function titleOf(kind: ApprovalNoticeKind, { status, subject, target, command }: Approval): string {
  const what = `${visible(subject.name)}: ${visible(command)} on ${visible(target)}`;
  const said = { requested: 'approval needed', answered: status, 'break-glass': 'BREAK-GLASS ACCESS' }[kind];
  return `[${said}] ${what}`.slice(0, MAX_TITLE);
}

function factsOf(approval: Approval): Notice['facts'] {
  const { subject, target, command, decision, digest, answers, window, expiresAt, status } = approval;
  const person = principalOf(subject);
  const facts: (readonly [string, string])[] = [
    ['status', status],
    ['asked by', `${subject.kind}:${subject.name} (${subject.groups.join(', ')})${person === subject ? '' : ` on behalf of ${person.name}`}`],
    ['target', target],
    ['command', command],
    ...windowFacts(window),
    ['rule', decision.rule],
    ['reason', decision.reason],
    ...(window ? [] : [['risk', riskText(decision.risk)] as const]),
    ['needs', whoCan(decision)],
    ...(answers.length > 0 ? [['answers', answersInWords(answers)] as const] : []),
    ['until', new Date(expiresAt).toISOString()],
    ['digest', digest],
    ['id', approval.id],
  ];
  return facts.map(([name, value]) => [name, showCommand(value, MAX_FACT).text] as const);
}

const MAX_FACT = 1_000;

const riskText = ({ score, factors }: Approval['decision']['risk']): string =>
  [String(score), ...factors.map(({ name, points }) => `${name} +${points}`)].join('  ');

function windowFacts(window: Approval['window']): Notice['facts'] {
  if (!window) return [];
  const minutes = Math.round(window.durationMs / 60_000);
  return [
    ['lets through', `every command ${window.pattern} for ${minutes} minutes${window.constraint === undefined ? '' : `, where ${window.constraint}`}`],
    ['asked because', window.reason],
    ...(window.breakGlass ? [['break-glass', 'opened without waiting for anybody; it has to be reviewed'] as const] : []),
  ];
}
