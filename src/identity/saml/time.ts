import { refused } from './refused.ts';

/** What two clocks may differ by. */
export const SKEW_MS = 45_000;

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** An `xs:dateTime` with its time zone, as epoch milliseconds. Throws `unauthenticated`. */
export function readInstant(text: string): number {
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw refused('a time is malformed');
  return at;
}
