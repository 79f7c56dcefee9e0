import type { Subject } from '../../core/subject.ts';
import type { Snapshot } from '../../policy/snapshot.ts';
import { ownedTargets } from '../owners.ts';
import { presentSubject, type SubjectView } from '../subject-view.ts';

export interface SignedInView {
  readonly subject: SubjectView;
  /** To be sent as `x-csrf-token` with whatever changes something. */
  readonly csrf: string;
  /** Names of the targets that the subject owns. */
  readonly owns: readonly string[];
}

export function presentSignedIn({ subject, csrf }: { readonly subject: Subject; readonly csrf: string }, snapshot: Snapshot): SignedInView {
  return { subject: presentSubject(subject), csrf, owns: ownedTargets(subject, snapshot) };
}
