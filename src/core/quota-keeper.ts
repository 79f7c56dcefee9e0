import type { Quotas } from './quota.ts';
import type { Session } from './session.ts';

/** What a command took; given back, as far as it can be, when it ends. */
export interface Admission {
  /** Throws `limit_exceeded` for a reply message that is too big: it is not released. */
  spend(bytes: number): void;
  /** Resolves when what was spent is kept. */
  end(): Promise<void>;
}

export interface Exhausted {
  readonly rule: string;
  readonly reason: string;
  /** When it is worth trying again. */
  readonly retryAfterMs: number;
}

/** Keeps count. The gateway's part: core only says when. */
export interface QuotaKeeper {
  admit(session: Session, quotas: Quotas): Promise<Admission | Exhausted>;
}
