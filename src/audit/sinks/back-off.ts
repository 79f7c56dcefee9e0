export interface BackOff {
  /** Default 500. */
  readonly firstMs?: number;
  /** Default 60,000. */
  readonly longestMs?: number;
}

/**
 * How long to wait after so many failures in a row. It doubles up to the longest, and half of it is left to chance, so that many gateways do
 * not come back to one receiver in step.
 */
export function backOffMs(failures: number, random: () => number, { firstMs = 500, longestMs = 60_000 }: BackOff = {}): number {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return whole / 2 + (whole / 2) * random();
}
