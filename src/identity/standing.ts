import type { Issued } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';
import type { Directory } from './directory.ts';
import type { Revocations } from './revocations.ts';

/** What ends whatever was issued to somebody. */
export interface Ends {
  readonly directory: Pick<Directory, 'standing'>;
  readonly revocations: Pick<Revocations, 'hasEnded' | 'hasLeft'>;
}

/**
 * Who the subject of something that was issued then is by now; `signed-out` where what it was issued through has ended, `gone` where the subject has.
 * From memory, for it is asked at every use. Throws where nobody has been able to read for long.
 */
export function standingOf({ directory, revocations }: Ends, subject: Subject, { at, through }: Issued): Subject | 'signed-out' | 'gone' {
  if (revocations.hasEnded(through)) return 'signed-out';
  if (revocations.hasLeft(subject, at)) return 'gone';
  const today = directory.standing(subject, at);
  return today === 'ended' ? 'gone' : today;
}
