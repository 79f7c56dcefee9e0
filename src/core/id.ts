import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Any two characters. */
const PAIRS: readonly string[] = Array.from(ALPHABET).flatMap((first) => Array.from(ALPHABET, (second) => first + second));

/**
 * A ULID: 48 bits of milliseconds, 80 bits of randomness, 26 characters of Crockford's base 32.
 * Sorts by time; two of one millisecond are in no order. Source: github.com/ulid/spec.
 */
export function newId(now: number = Date.now(), random: (size: number) => Buffer = pooledBytes): string {
  const bytes = random(16);
  let id = timePart(now);
  for (let i = 0; i < 16; i += 2) id += PAIRS[(((bytes[i] ?? 0) & 31) << 5) | ((bytes[i + 1] ?? 0) & 31)] ?? '';
  return id;
}

let lastTime = Number.NaN;
let lastPart = '';

/** Many ids are of one millisecond. */
function timePart(now: number): string {
  if (now === lastTime) return lastPart;
  let text = '';
  for (let rest = now, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text;
  lastTime = now;
  lastPart = text;
  return text;
}

/** Below, or equal to, every id of this millisecond. */
export const lowestIdAt = (time: number): string => newId(Math.max(0, time), (size) => Buffer.alloc(size));
/** Above, or equal to, every id of this millisecond. */
export const highestIdAt = (time: number): string => newId(Math.max(0, time), (size) => Buffer.alloc(size, 31));

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);
let used = 0;

/** Asking for sixteen bytes costs more than the rest of an id, and every command has two: they are asked for by the page, and each is given once. */
function pooledBytes(size: number): Buffer {
  if (used + size > pool.length) {
    pool = randomBytes(Math.max(POOL_BYTES, size));
    used = 0;
  }
  used += size;
  return pool.subarray(used - size, used);
}

export const ID_PATTERN = /^[0-9A-HJKMNP-TV-Z]{26}$/;
