import type { Subject } from '../../core/subject.ts';
import { LOCAL_ISSUER } from '../../identity/local-issuer.ts';
import { isAuditor } from '../auditors.ts';
import type { ApiDeps } from '../deps.ts';
import { ownedTargets } from '../owners.ts';
import { presentSubject, type SubjectView } from '../subject-view.ts';

export interface SignedInView {
  readonly subject: SubjectView;
  /** To be sent as `x-csrf-token` with whatever changes something. */
  readonly csrf: string;
  /** Names of the targets that the subject owns. */
  readonly owns: readonly string[];
  /** `all`: of the record everything may be read. */
  readonly reads: 'own' | 'all';
  /** A local account, which may have passkeys. */
  readonly local: boolean;
}

export function presentSignedIn({ subject, csrf }: { readonly subject: Subject; readonly csrf: string }, deps: ApiDeps): SignedInView {
  return {
    subject: presentSubject(subject),
    csrf,
    owns: ownedTargets(subject, deps.snapshot()),
    reads: isAuditor(subject, deps) ? 'all' : 'own',
    local: subject.issuer === LOCAL_ISSUER,
  };
}
