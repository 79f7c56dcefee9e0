/** How long things last that a test cannot wait for; milliseconds. */
export interface Times {
  /** Between two words to a caller whose call is held. */
  readonly sayEveryMs: number;
  /** How long the call of an unknown client is held: under the 60 s after which it gives up. */
  readonly holdMs: number;
  /** The same for a client that is known to wait for as long as progress arrives. */
  readonly patientHoldMs: number;
  /** How long one round lasts of a client that repeats a held call by itself: under its 60 s, with room for the way. */
  readonly roundMs: number;
  /** How often a client is told to ask for its task. */
  readonly pollMs: number;
  /** Between two comments on a quiet stream. */
  readonly keepAliveMs: number;
  /** How long a caller may take nothing of what its stream has for it. */
  readonly stalledMs: number;
  /** How long a call of the session era goes on that its caller left, where one reply may not take longer. */
  readonly abandonedMs: number;
}

export const DEFAULT_TIMES: Times = {
  sayEveryMs: 10_000,
  holdMs: 50_000,
  patientHoldMs: 240_000,
  roundMs: 45_000,
  pollMs: 5000,
  keepAliveMs: 15_000,
  stalledMs: 60_000,
  abandonedMs: 15 * 60_000,
};
