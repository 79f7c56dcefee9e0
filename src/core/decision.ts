import type { Quotas } from './quota.ts';

/** What replaces a masked value. `redact` is the default. */
export type MaskOperator = 'redact' | 'partial' | 'hash' | 'null' | 'fake';

/** A kind of value that a policy describes by a regular expression (RE2). */
export interface MaskPattern {
  readonly name: string;
  readonly regex: string;
  /** Words that have to stand near a value whose own score does not suffice. */
  readonly context?: readonly string[];
  /** 0 to 1; what a value scores without a context word. */
  readonly score?: number;
}

/** Words and phrases that a policy lists. */
export interface MaskWords {
  readonly name: string;
  readonly list: readonly string[];
}

/** One mask that applies to this subject on this target (`reveal` is already resolved). */
export interface MaskRule {
  /** By place: JSON paths such as `$..api_key`. */
  readonly fields: readonly string[];
  /** By value: names of detectors. */
  readonly detect: readonly string[];
  readonly pattern?: MaskPattern;
  readonly words?: MaskWords;
  /** By place, where the protocol has them: columns such as `public.people.ssn`, names of headers of a reply. */
  readonly columns?: readonly string[];
  readonly headers?: readonly string[];
  /** Whether a column may be used where it is not shown: in conditions, groups and order. Absent: `refuse`, since they tell of its values. */
  readonly predicates?: 'refuse' | 'allow';
  readonly operator: MaskOperator;
}

export interface RiskFactor {
  readonly name: string;
  readonly points: number;
}

export interface Risk {
  /** 0 to 100. */
  readonly score: number;
  readonly factors: readonly RiskFactor[];
}

/** Whose yes a review rule asks for. Every matching review rule adds one; all of them are needed. */
export interface ApprovalRequirement {
  readonly rule: string;
  /** `group:x`, `person:x`. */
  readonly from: readonly string[];
  /** Distinct persons. */
  readonly quorum: number;
  /** Milliseconds an unanswered request lives. */
  readonly pendingMs: number;
  /** Milliseconds in which an approved command may run. */
  readonly usableMs: number;
  readonly reason: 'required' | 'optional';
}

interface Decided {
  /** Name of the rule, `default` where none matched. */
  readonly rule: string;
  readonly reason: string;
  readonly risk: Risk;
  readonly masks: readonly MaskRule[];
  /** SHA-256 of the compiled policy set, hex. */
  readonly policyVersion: string;
  /** How much of it the subject may have; counted when the command runs. Absent: no bound. */
  readonly quotas?: Quotas;
}

export type Decision =
  | (Decided & { readonly effect: 'allow' })
  | (Decided & { readonly effect: 'deny'; /** A limit is reached: the same command may pass later. */ readonly retryAfterMs?: number })
  | (Decided & { readonly effect: 'review'; readonly approvals: readonly ApprovalRequirement[] });

/** What people are asked about. */
export type ReviewDecision = Extract<Decision, { effect: 'review' }>;

/** The same decision as a refusal, but for its reason. */
export function denied({ rule, risk, masks, policyVersion }: Decision): Omit<Extract<Decision, { effect: 'deny' }>, 'reason'> {
  return { effect: 'deny', rule, risk, masks, policyVersion };
}
