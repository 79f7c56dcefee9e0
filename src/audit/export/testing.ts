/** An event with all that an event can have, for tests of what is made of it. */
import { makeEvent, type Event, type EventKind, type EventParts } from '../../core/event.ts';

export const subject = { id: 'a1', name: 'alice', kind: 'person', groups: ['staff'], issuer: 'local' };
const decision = { effect: 'deny', rule: 'r', reason: 'no', policyVersion: 'v1', risk: { score: 12, factors: [{ name: 'tool', points: 12 }] } } as const;
export const full: EventParts = {
  session: '01KA0000000000000000SESS01',
  subject,
  target: 'models',
  protocol: 'mcp',
  client: { address: '10.0.0.7', userAgent: 'agent/1', id: 'cli' },
  command: { name: 'tools/call run', digest: 'd'.repeat(64), flags: [] },
  decision,
  outcome: { status: 'ok', bytes: 3, milliseconds: 7 },
  masks: [{ by: 'detector', name: 'email', count: 2 }],
  note: 'noted',
};
export const event = (kind: EventKind, parts: EventParts = full): Event => makeEvent(kind, parts, new Date('2026-11-21T12:00:00Z'));
