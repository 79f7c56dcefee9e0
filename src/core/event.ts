import type { Command } from './command.ts';
import type { Decision, Risk } from './decision.ts';
import { newId } from './id.ts';
import type { MaskApplied } from './masker.ts';
import type { Client, Session } from './session.ts';
import type { Subject } from './subject.ts';

/**
 * What is recorded, in the past tense. `command.forwarded` is the intent (received, decided, approved, granted) and
 * `reply.received` or `command.failed` its outcome: one command costs two appends.
 */
export type EventKind =
  | 'session.opened'
  | 'session.closed'
  | 'session.truncated'
  | 'session.reaped'
  | 'session.erased'
  | 'command.forwarded'
  | 'command.refused'
  | 'command.failed'
  | 'reply.received'
  | 'stream.chunk'
  | 'approval.requested'
  | 'approval.granted'
  | 'approval.denied'
  | 'approval.expired'
  | 'approval.withdrawn'
  | 'approval.executing'
  | 'approval.consumed'
  | 'approval.indeterminate'
  | 'subject.changed'
  | 'group.changed'
  | 'lock.placed'
  | 'lock.lifted'
  | 'breakglass.opened'
  | 'breakglass.reviewed'
  | 'secret.set'
  | 'secret.removed'
  | 'connection.made'
  | 'connection.ended'
  | 'hold.placed'
  | 'hold.lifted'
  | 'segment.deleted'
  | 'key.rotated'
  | 'recorder.gap'
  | 'signin.succeeded'
  | 'signin.failed'
  | 'signin.ended'
  | 'token.issued'
  | 'token.refused'
  | 'consent.given'
  | 'policy.changed'
  | 'policy.refused'
  | 'target.changed'
  | 'recording.viewed'
  | 'recording.exported';

export interface EventSubject {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly groups: readonly string[];
  readonly issuer: string;
  readonly onBehalfOf?: string;
}

/** One event as it is handed to the recorder. The recorder adds its place in the log. Absent is absent: no nulls. */
export interface Event {
  readonly id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly kind: EventKind;
  readonly session?: string;
  readonly subject?: EventSubject;
  readonly target?: string;
  readonly protocol?: string;
  readonly client?: Client;
  readonly command?: { readonly name: string; readonly digest: string; readonly flags: readonly string[] };
  readonly decision?: {
    readonly effect: Decision['effect'];
    readonly rule: string;
    readonly reason: string;
    readonly policyVersion: string;
    readonly risk: Risk;
  };
  readonly approval?: string;
  /** On an outcome or a chunk: the id of its intent. */
  readonly intent?: string;
  readonly outcome?: { readonly status: string; readonly bytes?: number; readonly milliseconds?: number };
  readonly masks?: readonly MaskApplied[];
  /** What else an operator needs to read: a reason, an error's message, an approver's name. Never a secret. */
  readonly note?: string;
}

export type EventParts = Omit<Event, 'id' | 'time' | 'kind'>;

/** The parts come first: the engine copies an object that a literal begins with several times as fast. */
export function makeEvent(kind: EventKind, parts: EventParts, now?: Date): Event {
  const at = now ? now.getTime() : Date.now();
  return { ...parts, kind, id: newId(at), time: timeText(at) };
}

let lastTime = Number.NaN;
let lastText = '';

/** Many events are of one millisecond, and writing a time down costs as much as the rest of an event. */
function timeText(at: number): string {
  if (at !== lastTime) {
    lastText = new Date(at).toISOString();
    lastTime = at;
  }
  return lastText;
}

/** The members that every event of a session carries. */
export function sessionParts(session: Session): EventParts {
  return {
    session: session.id,
    subject: eventSubject(session.subject),
    target: session.target.name,
    protocol: session.target.protocol,
    client: session.client,
  };
}

export function eventSubject(subject: Subject): EventSubject {
  const { id, name, kind, groups, issuer, onBehalfOf } = subject;
  return { id, name, kind, groups, issuer, ...(onBehalfOf ? { onBehalfOf: onBehalfOf.name } : {}) };
}

export function commandParts(command: Pick<Command, 'name' | 'digest' | 'flags'>): EventParts {
  return { command: { name: command.name, digest: command.digest, flags: command.flags } };
}

export function decisionParts(decision: Decision): EventParts {
  const { effect, rule, reason, policyVersion, risk } = decision;
  return { decision: { effect, rule, reason, policyVersion, risk } };
}
