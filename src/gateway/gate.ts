import type { Approvals } from '../core/approval.ts';
import type { MaskRule } from '../core/decision.ts';
import type { Masker } from '../core/masker.ts';
import type { History } from '../core/history.ts';
import type { LockWatch } from '../core/lock.ts';
import type { Gate } from '../core/gate.ts';
import type { QuotaKeeper } from '../core/quota-keeper.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Analyzer } from '../masking/analyzer.ts';
import { eitherWatch } from './recording-watch.ts';
import { createMasker, type MaskerOptions } from '../masking/masker.ts';
import type { Snapshot } from '../policy/snapshot.ts';

export interface GateParts {
  readonly snapshot: () => Snapshot;
  readonly approvals: Approvals;
  readonly recorder: Recorder;
  /** Absent: what has a limit does not run. */
  readonly quotas?: QuotaKeeper;
  readonly maskingKey: Uint8Array;
  /** Hears of commands that failed. */
  readonly report?: Gate['report'];
  /** Absent: nothing is ever locked. */
  readonly locks?: LockWatch;
  /** What ends running commands and sessions, and decides nothing. */
  readonly recording?: LockWatch;
  /** Finds what needs a language model, where one is configured. */
  readonly analyzer?: Analyzer;
  /** Absent: the past adds nothing to a risk. */
  readonly history?: History;
}

/** The pipeline's dependencies. Maskers are compiled once for each rule set and kept as long as the policy keeps it. */
export function createGate({ snapshot, approvals, recorder, maskingKey, analyzer, locks, recording, quotas, history, report }: GateParts): Gate {
  const ends = [locks, recording].filter((watch) => watch !== undefined);
  const shared = { key: maskingKey, ...(analyzer ? { analyzer } : {}) };
  return {
    decide(session, command) {
      const decision = snapshot().decide(session, command, history ? { history: history.factors(session, command) } : {});
      const reason = locks?.reason(session);
      if (reason === undefined) return decision;
      const { risk, masks, policyVersion } = decision;
      return { effect: 'deny', rule: 'lock', reason, risk, masks, policyVersion };
    },
    ...(ends.length > 0 ? { locks: eitherWatch(...ends) } : {}),
    ...(report ? { report } : {}),
    ...(quotas ? { quotas } : {}),
    ...(history ? { history } : {}),
    approvals,
    recorder,
    masker: keptMaskers({ ...shared, direction: 'reply' }),
    requestMasker: keptMaskers({ ...shared, direction: 'request' }),
  };
}

function keptMaskers(options: MaskerOptions): (rules: readonly MaskRule[]) => Masker {
  const kept = new WeakMap<readonly MaskRule[], Masker>();
  return (rules) => {
    const known = kept.get(rules);
    if (known) return known;
    const masker = createMasker(rules, options);
    kept.set(rules, masker);
    return masker;
  };
}
