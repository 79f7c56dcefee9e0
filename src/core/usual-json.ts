import { isJsonArray, type JsonObject, type JsonValue } from './json-value.ts';

/**
 * Nearly every text is JSON without a doubt, and the engine reads that several times faster than a reader of ours can.
 * Undefined where there may be one: the exact reader then says what the text is. `JSON.parse` is as strict, but that it
 * drops duplicate keys, rounds numbers and nests as deep as it likes; so the text is looked over for these three:
 * a duplicate key shows as a member that is written and not there.
 */
export function readUsualJson(text: string, maxDepth: number): JsonValue | undefined {
  const seen = lookOver(text);
  if (seen === undefined || seen.depth > Math.min(maxDepth, MAX_DEPTH)) return undefined;
  try {
    // JSON.parse gives nothing but JSON values.
    const value = JSON.parse(text) as JsonValue;
    return countMembers(value) === seen.members ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Deeper is not usual; and counting goes down by calls. */
const MAX_DEPTH = 256;

interface Seen {
  /** As many as there are colons outside strings. */
  readonly members: number;
  readonly depth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const ZERO = 0x30;
const MINUS = 0x2d;
const COLON = 0x3a;

/** What text that is JSON has outside its strings; undefined where a number may not be written as JavaScript would. */
function lookOver(text: string): Seen | undefined {
  const { bytes, length } = bytesOf(text);
  let members = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < length; at += 1) {
    const code = bytes[at] ?? 0;
    if (code === QUOTE) at = endOfString(bytes, at, length);
    else if (code === COLON) members += 1;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === MINUS || isDigit(code)) {
      at = endOfNumber(bytes, at, length);
      if (at < 0) return undefined;
    }
  }
  return { members, depth: deepest };
}

/** Where the string that begins at `start` has its last quote. */
function endOfString(bytes: Uint8Array, start: number, length: number): number {
  let at = start + 1;
  for (; at < length; at += 1) {
    const code = bytes[at];
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return at;
}

/** With so many digits every decimal number has a double of its own, which JavaScript writes back in the same digits. */
const MAX_NUMBER = 15;

/** Where the number that begins at `start` has its last character; -1 where JavaScript might write it otherwise. */
function endOfNumber(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let at = first;
  while (at < length && isDigit(bytes[at] ?? 0)) at += 1;
  const hasFraction = at < length && bytes[at] === DOT;
  if (hasFraction) for (at += 1; at < length && isDigit(bytes[at] ?? 0);) at += 1;
  // `1e2`, `1E2`: an exponent is never usual.
  if (at - start > MAX_NUMBER || (at < length && ((bytes[at] ?? 0) | 0x20) === 0x65)) return -1;
  const last = bytes[at - 1];
  // `1.0`, `-0` and numbers that are written with an exponent: `0.0000001`.
  if (hasFraction ? last === ZERO || isTiny(bytes, first) : first > start && bytes[first] === ZERO) return -1;
  return at - 1;
}

const isTiny = (bytes: Uint8Array, at: number): boolean => bytes[at] === ZERO && bytes[at + 2] === ZERO && bytes[at + 3] === ZERO && bytes[at + 4] === ZERO;

const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;

const scratch = Buffer.alloc(1 << 20);
const MOST_BYTES = 3;

/** UTF-8, in which no byte of another character looks like one of ASCII. Good until the next call. */
function bytesOf(text: string): { readonly bytes: Uint8Array; readonly length: number } {
  if (text.length * MOST_BYTES > scratch.length) {
    const bytes = Buffer.from(text);
    return { bytes, length: bytes.length };
  }
  return { bytes: scratch, length: scratch.write(text) };
}

function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (isJsonArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) members += countMembers(item);
    return members;
  }
  // What JSON.parse gives is no JsonNumber; and a loop over keys makes no list of them.
  const object = value as JsonObject;
  for (const key in object) {
    if (!Object.hasOwn(object, key)) continue;
    members += 1;
    const item = object[key];
    if (typeof item === 'object' && item !== null) members += countMembers(item);
  }
  return members;
}
