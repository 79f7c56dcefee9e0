import type { Leaf } from '../audit/leaf.ts';
import type { EventKind, EventSubject } from '../core/event.ts';
import type { AlertEvent } from '../policy/alert-schema.ts';

/** Something that an alert may be about, whatever told of it. */
export interface Occurrence {
  readonly event: AlertEvent;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Id of what told of it. */
  readonly id: string;
  readonly subject?: EventSubject;
  readonly target?: string;
  readonly session?: string;
  readonly address?: string;
  readonly rule?: string;
  readonly command?: string;
  readonly masks?: Leaf['masks'];
  readonly sink?: string;
  /** For a sink that lags: how old the oldest record is that has not arrived. */
  readonly lagMs?: number;
  readonly note?: string;
}

const EVENTS: Readonly<Partial<Record<EventKind, AlertEvent>>> = {
  'command.forwarded': 'allowed',
  'command.failed': 'failed',
  'approval.requested': 'approval-requested',
  'approval.granted': 'approval-granted',
  'approval.denied': 'approval-denied',
  'approval.expired': 'approval-expired',
  'approval.withdrawn': 'approval-withdrawn',
  'approval.indeterminate': 'approval-indeterminate',
  'breakglass.opened': 'break-glass',
  'lock.placed': 'locked',
  'lock.lifted': 'unlocked',
  'policy.changed': 'policy-changed',
  'policy.refused': 'policy-refused',
  'signin.failed': 'sign-in-failed',
  'token.refused': 'token-refused',
  'recording.viewed': 'recording-viewed',
  'recording.exported': 'recording-exported',
  'session.reaped': 'session-reaped',
  'recorder.gap': 'gap',
};

/** What a record tells of; one that masked values is two things. */
export function occurrencesIn(leaf: Leaf): readonly Occurrence[] {
  const event = eventOf(leaf);
  const events = [...(event ? [event] : []), ...(leaf.masks !== undefined && leaf.masks.length > 0 ? (['masked'] as const) : [])];
  return events.map((one) => occurrence(one, leaf));
}

function eventOf({ kind, decision, outcome }: Leaf): AlertEvent | undefined {
  if (kind === 'command.refused') return decision ? 'denied' : 'rejected';
  if (kind === 'target.changed') return outcome?.status === 'quarantined' ? 'tool-quarantined' : undefined;
  return EVENTS[kind];
}

function occurrence(event: AlertEvent, leaf: Leaf): Occurrence {
  const { id, time, subject, target, session, client, decision, command, masks, note, outcome } = leaf;
  const said = note ?? decision?.reason ?? outcome?.status;
  return {
    event,
    at: Date.parse(time),
    id,
    ...(subject ? { subject } : {}),
    ...(target === undefined ? {} : { target }),
    ...(session === undefined ? {} : { session }),
    ...(client ? { address: client.address } : {}),
    ...(decision ? { rule: decision.rule } : {}),
    ...(command ? { command: command.name } : {}),
    ...(masks ? { masks } : {}),
    ...(said === undefined ? {} : { note: said }),
  };
}
