const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `30m`, `8h`, `7d` as milliseconds; undefined where it is none, or longer than a year. */
export function readDuration(text: string): number | undefined {
  const match = /^([1-9]\d{0,8})(ms|s|m|h|d)$/.exec(text);
  if (!match) return undefined;
  // The pattern lets only these units through.
  const milliseconds = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return milliseconds <= 366 * UNITS.d ? milliseconds : undefined;
}
