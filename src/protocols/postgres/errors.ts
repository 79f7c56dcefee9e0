import type { Approval } from '../../core/approval.ts';
import type { Decision } from '../../core/decision.ts';
import type { ErrorCode, SallyportError } from '../../core/error.ts';
import type { Refusal } from '../../core/refusing.ts';
import { BACKEND, cstring, Fields, message, type Frame } from './codec.ts';

/** What PostgreSQL calls an error: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export interface WireError {
  readonly severity: 'ERROR' | 'FATAL' | 'NOTICE' | 'WARNING';
  readonly sqlstate: string;
  readonly message: string;
  /** Which rule, which event of the record. */
  readonly detail?: string;
  /** The next step. */
  readonly hint?: string;
}

export const fatal = (sqlstate: string, text: string, hint?: string): WireError => ({
  severity: 'FATAL',
  sqlstate,
  message: text,
  ...(hint === undefined ? {} : { hint }),
});

/** An ErrorResponse, or a NoticeResponse. */
export function errorMessage(error: WireError): Buffer {
  const isNotice = error.severity === 'NOTICE' || error.severity === 'WARNING';
  return message(isNotice ? BACKEND.notice : BACKEND.error, ...fieldsOf(error), Buffer.of(0));
}

function fieldsOf({ severity, sqlstate, message: text, detail, hint }: WireError): readonly Buffer[] {
  const field = (name: string, value: string | undefined): readonly Buffer[] => (value === undefined ? [] : [cstring(name + value.replaceAll('\0', ''))]);
  return [...field('S', severity), ...field('V', severity), ...field('C', sqlstate), ...field('M', text), ...field('D', detail), ...field('H', hint)];
}

export const notice = (text: string, hint?: string): Buffer =>
  errorMessage({ severity: 'NOTICE', sqlstate: '00000', message: text, ...(hint === undefined ? {} : { hint }) });

/** A refusal in PostgreSQL's own form: 42501, the rule as DETAIL, the way out as HINT. */
export function refusalError(refusal: Refusal, consoleUrl: string): WireError {
  switch (refusal.kind) {
    case 'denied':
      return deniedError(refusal.decision, refusal.event);
    case 'invalid':
      return {
        severity: 'ERROR',
        sqlstate: '42501',
        message: `refused: ${refusal.message}`,
        detail: `Rule "${refusal.decision.rule}". Nothing was run. Event ${refusal.event}.`,
        hint: 'Change the statement: it is refused however often it is sent.',
      };
    case 'approval':
      return approvalError(refusal.approval, consoleUrl, refusal.event);
    case 'failed':
      return failedError(refusal.error, refusal.event);
    default:
      return refusal satisfies never;
  }
}

function deniedError(decision: Decision, event: string): WireError {
  const wait = decision.effect === 'deny' ? decision.retryAfterMs : undefined;
  return {
    severity: 'ERROR',
    sqlstate: wait === undefined ? '42501' : '53400',
    message: `permission denied: ${decision.reason}`,
    detail: `Rule "${decision.rule}". Nothing was run. Event ${event}.`,
    hint:
      wait === undefined
        ? 'Ask for access, or change the statement: it is refused however often it is sent.'
        : `Wait ${Math.max(1, Math.ceil(wait / 1000))} s, then send it again.`,
  };
}

export const approversOf = (approval: Approval): string => [...new Set(approval.decision.approvals.flatMap(({ from }) => from))].join(', ');

function approvalError(approval: Approval, consoleUrl: string, event: string): WireError {
  const [text, hint] = APPROVAL_TEXTS[approval.status];
  const answer = approval.answers.findLast((each) => each.answer === 'deny')?.reason;
  return {
    severity: 'ERROR',
    sqlstate: '42501',
    message: `${text}${answer ? `: ${answer}` : ''}`,
    detail: `Rule "${approval.decision.rule}", approval ${approval.id} by ${approversOf(approval)}: ${consoleUrl}/approvals/${approval.id} . Event ${event}.`,
    hint,
  };
}

const ASK_ANEW = 'Send it again to ask anew.';

const APPROVAL_TEXTS: Readonly<Record<Approval['status'], readonly [message: string, hint: string]>> = {
  pending: ['nobody has approved this yet, and nothing was run', 'Send exactly the same statement again when it is approved.'],
  denied: ['a person said no, and nothing was run', 'Ask them what to change.'],
  expired: ['nobody approved it in time, or it was not used in time; nothing was run', ASK_ANEW],
  withdrawn: ['the request was withdrawn, and nothing was run', ASK_ANEW],
  executing: ['it was approved and is running now', 'It does not run twice: send it again later.'],
  indeterminate: ['it was approved and sent, but its outcome was lost', 'Look at the database before you ask for another approval.'],
  granted: ['nothing was run', ASK_ANEW],
  consumed: ['it was approved, and has run before; it is not run again', ASK_ANEW],
};

/** How PostgreSQL names a failure of the gateway or of the target. */
const STATES: Readonly<Partial<Record<ErrorCode, string>>> = {
  limit_exceeded: '54000',
  unauthenticated: '28000',
  forbidden: '42501',
  denied: '42501',
  not_found: '3D000',
  usage: '08P01',
  record_failed: '58030',
  storage_failed: '58030',
  credential_missing: '08001',
  upstream_unreachable: '08001',
  upstream_timeout: '57014',
  upstream_invalid: '08P01',
};

function failedError(error: SallyportError, event: string): WireError {
  return { ...wireError(error, 'ERROR'), detail: `Event ${event}.` };
}

export function wireError({ code, message: text, hint }: SallyportError, severity: 'ERROR' | 'FATAL'): WireError {
  return { severity, sqlstate: STATES[code] ?? 'XX000', message: text, ...(hint === undefined ? {} : { hint }) };
}

/** Fields of an ErrorResponse or NoticeResponse, by their letters. */
export function errorFields(frame: Omit<Frame, 'type'>): ReadonlyMap<string, string> {
  const fields = new Fields(frame);
  const found = new Map<string, string>();
  for (let code = fields.byte(); code !== 0; code = fields.byte()) found.set(String.fromCharCode(code), fields.cstring());
  return found;
}

/** What is left of a server's error where its texts may quote what nobody may see. */
export function quietError(frame: Omit<Frame, 'type'>): Buffer {
  const fields = errorFields(frame);
  const severity = SEVERITIES.find((each) => each === (fields.get('V') ?? fields.get('S'))) ?? 'ERROR';
  return errorMessage({
    severity,
    sqlstate: /^[0-9A-Z]{5}$/.exec(fields.get('C') ?? '')?.[0] ?? 'XX000',
    message: 'the statement failed',
    detail: 'What the server says of it is withheld: it may quote values that are masked for you.',
  });
}

const SEVERITIES = ['ERROR', 'FATAL'] as const;

/** Rewrites the texts of an ErrorResponse or NoticeResponse; names, codes and places stay. */
export function rewriteError(frame: Frame, rewrite: (text: string) => string): Buffer {
  const parts: Buffer[] = [];
  for (const [code, text] of errorFields(frame)) parts.push(cstring(code + (TEXTS.has(code) ? rewrite(text) : text)));
  return message(frame.type, ...parts, Buffer.of(0));
}

/** Message, detail, hint, where, internal query. */
const TEXTS: ReadonlySet<string> = new Set(['M', 'D', 'H', 'W', 'q']);
