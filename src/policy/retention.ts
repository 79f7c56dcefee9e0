const DAY_MS = 86_400_000;
const DAYS = { d: 1, y: 365 } as const;

/** `90d`, `7y` as milliseconds; undefined where it is none, or longer than a hundred years. */
export function readRetention(text: string): number | undefined {
  const match = /^([1-9]\d{0,4})(d|y)$/.exec(text);
  if (!match) return undefined;
  // The pattern lets only these units through.
  const days = Number(match[1]) * DAYS[match[2] as keyof typeof DAYS];
  return days <= 36_500 ? days * DAY_MS : undefined;
}
