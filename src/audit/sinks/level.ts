import type { EventKind } from '../../core/event.ts';
import type { Leaf } from '../leaf.ts';

export type Level = 'info' | 'notice' | 'warning' | 'error';

const ERRORS: readonly EventKind[] = ['recorder.gap', 'command.failed', 'approval.indeterminate'];
const WARNINGS: readonly EventKind[] = [
  'command.refused',
  'approval.denied',
  'signin.failed',
  'token.refused',
  'policy.refused',
  'lock.placed',
  'session.truncated',
  'session.reaped',
];
const NOTICES: readonly EventKind[] = [
  'breakglass.opened',
  'policy.changed',
  'target.changed',
  'lock.lifted',
  'subject.changed',
  'group.changed',
  'secret.set',
  'secret.removed',
  'recording.exported',
];

/** How loud an event is where the other side has levels. */
export function levelOf({ kind }: Pick<Leaf, 'kind'>): Level {
  if (ERRORS.includes(kind)) return 'error';
  if (WARNINGS.includes(kind)) return 'warning';
  return NOTICES.includes(kind) ? 'notice' : 'info';
}
