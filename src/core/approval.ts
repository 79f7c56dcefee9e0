import type { Command } from './command.ts';
import type { ReviewDecision } from './decision.ts';
import type { Session } from './session.ts';
import type { Subject } from './subject.ts';

export type ApprovalStatus = 'pending' | 'granted' | 'denied' | 'expired' | 'withdrawn' | 'executing' | 'consumed' | 'indeterminate';

export interface ApprovalAnswer {
  readonly approver: Subject;
  readonly answer: 'approve' | 'deny';
  readonly reason: string;
  readonly at: number;
}

/** What an approval is of, where it is not of one command: every command of a kind, for some time. */
export interface AccessWindow {
  /** A glob over commands, as rules have them. */
  readonly pattern: string;
  /** An expression over the command, as in `when`; what it does not hold for is not covered. */
  readonly constraint?: string;
  /** Counted from the approval; then it ends, whatever is going on. */
  readonly durationMs: number;
  /** Why it was asked for. */
  readonly reason: string;
  /** Opened by a named responder without waiting for anybody, and reviewed afterwards: who is told. */
  readonly breakGlass?: { readonly owners: readonly string[]; readonly review: readonly string[] };
}

/** The durable record of one held command; what approvers see is exactly this. Times are epoch milliseconds. */
export interface Approval {
  readonly id: string;
  readonly status: ApprovalStatus;
  readonly session: string;
  readonly subject: Subject;
  readonly target: string;
  readonly command: string;
  /** The command's canonical form, secrets masked, as approvers see it. */
  readonly shown: string;
  readonly digest: string;
  readonly decision: ReviewDecision;
  readonly answers: readonly ApprovalAnswer[];
  readonly createdAt: number;
  /** When it ends unanswered (pending) or unused (granted). */
  readonly expiresAt: number;
  /** The kept, masked result of a consumed approval. */
  readonly result?: string;
  /** Absent where the approval is of one command. */
  readonly window?: AccessWindow;
}

export interface ApprovalAsk {
  readonly session: Session;
  readonly command: Command;
  readonly decision: ReviewDecision;
  readonly shown: string;
}

/** A command that people would be asked about, had nobody been asked ahead. */
export interface WindowQuestion {
  readonly session: Session;
  readonly command: Command;
  readonly decision: ReviewDecision;
}

/** The gate's side of approvals; `src/approval` holds them in the database. */
export interface Approvals {
  /** The live record for this very command (subject, target and its address, digest, definition, policy), or a new pending one. */
  request(ask: ApprovalAsk): Promise<Approval>;
  /** An open window whose approvers, as they are today, could have approved this very command; `expiresAt` is its end. */
  window?(question: WindowQuestion): Promise<Approval | undefined>;
  get(id: string): Promise<Approval | undefined>;
  /** Resolves when the record is no longer pending, or when `signal` aborts, with the record as it then is. */
  settled(id: string, signal: AbortSignal): Promise<Approval>;
  /** granted -> executing, at most once, naming the intent event; false when it was not (or no longer) granted. */
  execute(id: string, intent: string): Promise<boolean>;
  /** pending or granted -> withdrawn, by whoever asked for it; throws `conflict` where it is too late. */
  withdraw?(id: string, requester: Subject): Promise<Approval>;
  /** executing -> consumed with the masked result. */
  consume(id: string, result: string): Promise<void>;
  /** executing -> indeterminate: the command may have run; it is never run again by itself. */
  lose(id: string): Promise<void>;
}
