import type { ApprovalOptions } from '../approval/approvals.ts';
import type { Subject } from '../core/subject.ts';
import type { Accounts } from '../identity/accounts.ts';
import type { Directory } from '../identity/directory.ts';
import { LOCAL_ISSUER } from '../identity/local-issuer.ts';
import type { Locks } from '../lock/locks.ts';
import type { Snapshot } from '../policy/snapshot.ts';
import { windowCovers } from '../policy/window.ts';

export type Standing = Required<Pick<ApprovalOptions, 'current' | 'locked' | 'covers'>>;

/** What approvals ask at the moment of use: whether people are still who they were, and whether a window still reaches so far. */
export function createStanding({
  accounts,
  directory,
  locks,
  snapshot,
}: {
  readonly accounts: Accounts;
  readonly directory: Directory;
  readonly locks: Locks;
  readonly snapshot: () => Snapshot;
}): Standing {
  return {
    // Groups are those of today, of local accounts and of the directory; of others what their issuer said.
    async current(subject: Subject) {
      if (await locks.findNow({ subject })) return undefined;
      return subject.issuer === LOCAL_ISSUER ? accounts.find(subject.id) : directory.current(subject);
    },
    locked: async ({ target, session }) => (await locks.findNow({ target, session })) !== undefined,
    // Who broke the glass has to be named for it by the policy of this moment, too.
    covers({ window, subject }, { session, command, decision }) {
      if (!window || !windowCovers(window, session, command, decision.risk.score, new Date())) return false;
      return !window.breakGlass || snapshot().windows(session.target.name)?.breakGlass(subject) !== undefined;
    },
  };
}
