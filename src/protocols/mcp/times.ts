/** How long things last that a test cannot wait for; milliseconds. */
export interface Times {
  /** Between two words to a caller whose call is held. */
  readonly sayEveryMs: number;
  /** How long the call of an unknown client is held: under the 60 s after which it gives up. */
  readonly holdMs: number;
  /** The same for a client that is known to wait for as long as progress arrives. */
  readonly patientHoldMs: number;
  /** Between two comments on a quiet stream. */
  readonly keepAliveMs: number;
  /** How long a caller may take nothing of what its stream has for it. */
  readonly stalledMs: number;
}

export const DEFAULT_TIMES: Times = { sayEveryMs: 10_000, holdMs: 50_000, patientHoldMs: 240_000, keepAliveMs: 15_000, stalledMs: 60_000 };
