import { useEffect, useState } from 'react';
import { followAudit, type AuditEvent, type AuditFilter } from '../../api/audit.ts';

/** A page that is left open does not grow. */
const MOST = 500;

export interface LiveAudit {
  /** The newest first. */
  readonly events: readonly AuditEvent[];
  /** `opening`: what is recorded now may not be shown yet. */
  readonly state: 'opening' | 'live' | 'lost';
}

/** Of one filter: a component for another filter is another one. */
export function useLiveAudit(filter: AuditFilter): LiveAudit {
  const [events, setEvents] = useState<readonly AuditEvent[]>([]);
  const [state, setState] = useState<LiveAudit['state']>('opening');
  useEffect(
    () =>
      followAudit(filter, {
        recorded: (event) => setEvents((known) => (known.some(({ id }) => id === event.id) ? known : [event, ...known].slice(0, MOST))),
        state: setState,
      }),
    [filter],
  );
  return { events, state };
}
