import type { LockWatch } from '../core/lock.ts';
import type { Session } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';
import type { Directory } from '../identity/directory.ts';
import type { Revocations } from '../identity/revocations.ts';
import { standingOf, type Ends } from '../identity/standing.ts';

interface SessionEnds {
  readonly directory: Ends['directory'] & Pick<Directory, 'onChange'>;
  readonly revocations: Ends['revocations'] & Pick<Revocations, 'onChange'>;
  readonly locks: LockWatch;
}

/** What ends live sessions: a lock, the end of what they came through, and what the directory says of who they are. */
export function createSessionWatch({ directory, revocations, locks }: SessionEnds): LockWatch {
  return {
    reason(session) {
      return locks.reason(session) ?? (session.issued ? endedReason(session, session.issued) : undefined);
    },
    onChange(listener) {
      const stops = [locks, directory, revocations].map((each) => each.onChange(listener));
      return () => stops.forEach((stop) => stop());
    },
  };

  function endedReason({ subject, keepsSubject = false }: Session, issued: NonNullable<Session['issued']>): string | undefined {
    try {
      const today = standingOf({ directory, revocations }, subject, issued);
      if (today === 'signed-out') return 'the sign-in that this came through has ended: sign in again';
      if (today === 'gone') return `${subject.name} is no longer active`;
      const changed = hasLost(subject, today) || (keepsSubject && hasLost(today, subject));
      return changed ? `the groups of ${subject.name} changed: call again to have this decided anew` : undefined;
    } catch {
      return 'whether this is still allowed cannot be read now';
    }
  }
}

/** Whoever gained a group keeps what runs where the next command has it: a rule that denies may name that group. */
function hasLost(before: Subject, today: Subject): boolean {
  if (before === today) return false;
  if (before.name !== today.name || !before.groups.every((group) => today.groups.includes(group))) return true;
  return before.onBehalfOf !== undefined && today.onBehalfOf !== undefined && hasLost(before.onBehalfOf, today.onBehalfOf);
}
