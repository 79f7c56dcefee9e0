/** How much of something one subject may have of one target. An absent member is no bound. */
export interface Quota {
  /** The rule that sets it, or `target`. */
  readonly rule: string;
  /** What is counted together: the same for every command that it bounds. */
  readonly key: string;
  /** Whose it is, by `subjectKey`, where it is not the caller's: that of the person behind an AI agent. */
  readonly subject?: string;
  readonly rate?: { readonly count: number; readonly perMs: number };
  /** Commands and bytes of replies on one day (UTC). */
  readonly callsPerDay?: number;
  readonly bytesPerDay?: number;
  /** Bytes of one reply message, masked. */
  readonly replyBytes?: number;
  /** Commands under way at once. */
  readonly concurrent?: number;
  /** Rows of one result, and milliseconds that one statement runs, where the protocol has them. */
  readonly rows?: number;
  readonly runMs?: number;
}

/** Every group has to admit a command; in a group one quota suffices. */
export type Quotas = readonly (readonly Quota[])[];

/** What one command may give and take, of all quotas together; undefined where nothing bounds it. */
export function boundOf(quotas: Quotas, what: 'rows' | 'runMs' | 'replyBytes'): number | undefined {
  const groups = quotas.map((group) => Math.max(...group.map((quota) => quota[what] ?? Number.POSITIVE_INFINITY)));
  const least = Math.min(...groups);
  return Number.isFinite(least) ? least : undefined;
}
