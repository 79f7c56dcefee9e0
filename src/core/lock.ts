import type { Session } from './session.ts';

/** What the gate asks of locks; `src/lock` keeps them. */
export interface LockWatch {
  /** Why this session may do nothing at all now; undefined where nothing of it is locked. */
  reason(session: Session): string | undefined;
  /** Hears of every change of what is locked, right after it is in force here. The result ends it. */
  onChange(listener: () => void): () => void;
}
