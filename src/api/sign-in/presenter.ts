import type { Subject } from '../../core/subject.ts';
import { presentSubject, type SubjectView } from '../subject-view.ts';

export interface SignedInView {
  readonly subject: SubjectView;
  /** To be sent as `x-csrf-token` with whatever changes something. */
  readonly csrf: string;
}

export function presentSignedIn({ subject, csrf }: { readonly subject: Subject; readonly csrf: string }): SignedInView {
  return { subject: presentSubject(subject), csrf };
}
