import { denied, type Decision } from './decision.ts';
import type { Gate } from './gate.ts';
import type { Session } from './session.ts';

/** What was running was cut off by a lock, or by the end of its window. */
export class LockedError extends Error {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super(decision.reason);
    this.decision = decision;
  }
}

/** The same decision, turned into a refusal while something of the session is locked. */
export function lockedDecision(gate: Gate, session: Session, decision: Decision): Decision | undefined {
  const reason = gate.locks?.reason(session);
  return reason === undefined ? undefined : { ...denied(decision), rule: 'lock', reason };
}

/** Acts once when the session is locked, also where it is already. */
export function onLock(gate: Gate, session: Session, act: () => void): () => void {
  const look = (): void => (gate.locks?.reason(session) === undefined ? undefined : act());
  const stop = gate.locks?.onChange(look);
  look();
  return stop ?? (() => {});
}
