/** One thing that one selector may do: a line of a review. */
export interface AccessGrant {
  readonly policy: string;
  readonly rule: string;
  /** `group:x`, `person:x`, `workload:x`, `ai-agent:x` or `*`. */
  readonly who: string;
  readonly effect: 'allow' | 'review';
  readonly pattern: string;
  readonly when?: string;
  /** Commands that went to the target. */
  readonly uses: number;
  /** RFC 3339; absent where it was never used. */
  readonly lastAt?: string;
  /** Who used it, by name; at most five. */
  readonly usedBy: readonly string[];
  /** What was used of it, where the pattern names more than one command; at most five. */
  readonly commands: readonly string[];
  readonly advice: AccessAdvice;
}

/** `take-away`: nobody used it. `narrow`: a pattern of which few commands were used. `keep`: the rest. */
export type AccessAdvice = 'keep' | 'narrow' | 'take-away';
