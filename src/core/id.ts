import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * A ULID: 48 bits of milliseconds, 80 bits of randomness, 26 characters of Crockford's base 32.
 * Sorts by time; two of one millisecond are in no order. Source: github.com/ulid/spec.
 */
export function newId(now: number = Date.now(), random: (size: number) => Buffer = randomBytes): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  const bytes = random(16);
  let tail = '';
  for (let i = 0; i < 16; i += 1) tail += ALPHABET[(bytes[i] ?? 0) & 31];
  return time + tail;
}

export const ID_PATTERN = /^[0-9A-HJKMNP-TV-Z]{26}$/;
