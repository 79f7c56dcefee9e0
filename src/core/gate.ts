import type { Approvals } from './approval.ts';
import type { Command } from './command.ts';
import type { Decision, MaskRule } from './decision.ts';
import type { SallyportError } from './error.ts';
import type { History } from './history.ts';
import type { LockWatch } from './lock.ts';
import type { Masker } from './masker.ts';
import type { QuotaKeeper } from './quota-keeper.ts';
import type { Recorder } from './recorder.ts';
import type { Session } from './session.ts';

/** What the steps of a command need; wired once by the gateway. */
export interface Gate {
  decide(session: Session, command: Command): Decision;
  readonly approvals: Approvals;
  readonly recorder: Recorder;
  /** Counts what decisions bound; a decision with quotas is refused where there is none. */
  readonly quotas?: QuotaKeeper;
  /** Hears of commands that failed, with causes that their callers are not told. */
  readonly report?: (error: SallyportError, session: Session) => void;
  /** Who and what may do nothing at all; what is decided says so too. */
  readonly locks?: LockWatch;
  /** Hears what is used, refused and flagged: it adds to the risk of what comes later. */
  readonly history?: History;
  masker(rules: readonly MaskRule[]): Masker;
  /** Masks secrets in what the caller sent, for the record and for approvers. */
  requestMasker(rules: readonly MaskRule[]): Masker;
}
