import type { Approval } from './approval.ts';
import type { Decision } from './decision.ts';
import { SallyportError } from './error.ts';
import { makeEvent, type EventParts } from './event.ts';
import type { Gate } from './gate.ts';
import { decidedParts } from './masked-parts.ts';
import type { Masker } from './masker.ts';
import type { Body } from './recorder.ts';
import type { Session } from './session.ts';
import type { Steps } from './steps.ts';

/** Why a command got no reply from its target. `event` is the id of the record: the caller may quote it. */
export type Refusal =
  | { readonly kind: 'denied'; readonly decision: Decision; readonly event: string }
  | { readonly kind: 'invalid'; readonly message: string; readonly decision: Decision; readonly event: string }
  | { readonly kind: 'approval'; readonly approval: Approval; readonly decision: Decision; readonly event: string }
  | { readonly kind: 'failed'; readonly error: SallyportError; readonly event: string };

/** How a protocol answers without having asked its target. */
export interface Answering {
  readonly session: Session;
  /** Hears how far the command is, where somebody measures. */
  readonly steps?: Steps | undefined;
  /** Gives the kept result of an approved command that already ran. */
  repeat(result: string, approval: Approval): Promise<void>;
  /** Says no in the protocol's own form. */
  refuse(refusal: Refusal): Promise<void>;
  /** What the caller was given so far that no event tells of yet, masked: recorded where the command ends without its last part. */
  given?(): Pick<Body, 'bytes' | 'contentType'> | undefined;
}

/** A command as its events tell it. */
export interface RecordedRequest {
  readonly parts: EventParts;
  readonly body: Body;
  readonly masker: Masker;
}

type RefusalParts =
  | { kind: 'denied'; decision: Decision }
  | { kind: 'invalid'; message: string; decision: Decision }
  | { kind: 'approval'; approval: Approval; decision: Decision };

export async function refuse(gate: Gate, exchange: Answering, asked: RecordedRequest, refusal: RefusalParts): Promise<void> {
  exchange.steps?.enter('outcome');
  const event = makeEvent('command.refused', { ...asked.parts, ...decidedParts(refusal.decision, asked.masker), ...whyRefused(refusal, asked.masker) });
  await gate.recorder.append(event, [asked.body]);
  exchange.steps?.end(outcomeOf(refusal));
  if (isFlagged(refusal)) gate.history?.refused(exchange.session);
  await exchange.refuse({ ...refusal, event: event.id });
}

/** In one word, of few. */
function outcomeOf(refusal: RefusalParts): string {
  if (refusal.kind !== 'denied') return refusal.kind;
  if (refusal.decision.effect === 'deny' && refusal.decision.retryAfterMs !== undefined) return 'quota';
  return refusal.decision.rule === 'lock' ? 'locked' : 'denied';
}

/** What was approved has run before: its caller gets the result that was kept. */
export async function repeat(exchange: Answering, approval: Approval): Promise<void> {
  exchange.steps?.end('repeated');
  await exchange.repeat(approval.result ?? '', approval);
}

/** Whoever waits for people or for a limit has done nothing that a rule forbids. */
function isFlagged(refusal: RefusalParts): boolean {
  if (refusal.kind === 'approval') return refusal.approval.status === 'denied';
  return refusal.kind === 'denied' && refusal.decision.effect === 'deny' && refusal.decision.retryAfterMs === undefined;
}

function whyRefused(refusal: RefusalParts, masker: Masker): EventParts {
  switch (refusal.kind) {
    case 'denied':
      return {};
    case 'invalid':
      return { note: masker.text(refusal.message).value };
    case 'approval':
      return { approval: refusal.approval.id, note: `approval ${refusal.approval.status}` };
    default:
      return refusal satisfies never;
  }
}

export async function fail(gate: Gate, exchange: Answering, parts: EventParts, cause: unknown): Promise<void> {
  const error = cause instanceof SallyportError ? cause : new SallyportError('internal', 'the gateway failed on this command', { cause });
  const event = makeEvent('command.failed', { ...parts, outcome: { status: error.code }, note: error.message });
  exchange.steps?.end(error.code);
  gate.report?.(error, exchange.session);
  await gate.recorder.append(event, givenBodies(exchange)).catch(() => {});
  await exchange.refuse({ kind: 'failed', error, event: event.id });
}

/** It was locked, or its window ended, while it ran. */
export async function cutOff(gate: Gate, exchange: Answering, parts: EventParts, decision: Decision): Promise<void> {
  const event = makeEvent('command.failed', { ...parts, outcome: { status: 'locked' }, note: decision.reason });
  exchange.steps?.end('locked');
  await gate.recorder.append(event, givenBodies(exchange)).catch(() => {});
  await exchange.refuse({ kind: 'denied', decision, event: event.id });
}

function givenBodies(exchange: Answering): readonly Body[] {
  const given = exchange.given?.();
  return given ? [{ name: 'reply', ...given }] : [];
}
