import { createHmac } from 'node:crypto';
import type { MaskOperator } from '../core/decision.ts';
import { JsonNumber, type JsonValue } from '../core/json.ts';

/** From the one that says least to the one that says most: where two rules meet on one value, the first wins. */
const STRICTNESS: readonly MaskOperator[] = ['null', 'redact', 'hash', 'fake', 'partial'];

export function stricter(a: MaskOperator, b: MaskOperator): MaskOperator {
  return STRICTNESS.indexOf(a) <= STRICTNESS.indexOf(b) ? a : b;
}

const KEPT = 4;
/** A value shorter than this would be half told by its last four characters. */
const MIN_PARTIAL = 8;
const MAX_MASK_RUN = 64;

/** What stands in a text instead of the value. `null` inside a text is the word. */
export function maskedText(value: string, kind: string, operator: MaskOperator, key: Uint8Array): string {
  switch (operator) {
    case 'redact':
      return `[redacted:${kind}]`;
    case 'hash':
      return `[hash:${kind}:${digest(value, key).toString('hex').slice(0, 12)}]`;
    case 'partial':
      return partial(value);
    case 'fake':
      return fake(value, key);
    case 'null':
      return 'null';
    default:
      return operator satisfies never;
  }
}

/** A number stays a number: redact is 0, partial the last four digits, hash and fake another number of as many digits. */
export function maskedNumber(text: string, operator: MaskOperator, key: Uint8Array): JsonValue {
  if (operator === 'null') return null;
  if (operator === 'redact') return 0;
  const digits = text.replace(/[eE].*$/, '').replace(/\D+/g, '');
  if (operator === 'partial') return digits.length < MIN_PARTIAL ? 0 : Number(digits.slice(-KEPT));
  const other = fake(digits, key).replace(/^0/, '1');
  return Number.isSafeInteger(Number(other)) ? Number(other) : new JsonNumber(other);
}

/** As long as the value (of long values, at most 64 marks), its last four characters kept. */
function partial(value: string): string {
  if (value.length < MIN_PARTIAL) return '*'.repeat(Math.max(KEPT, value.length));
  const kept = value.slice(-KEPT).replace(/^[\udc00-\udfff]/, '');
  return '*'.repeat(Math.min(MAX_MASK_RUN, value.length - kept.length)) + kept;
}

const STAR = 0x2a;
const ASCII = 0x80;

/**
 * The same as `partial`, written over the bytes of a text; false where what stands for it is of another length, or not of one byte a
 * character: then nothing was changed.
 */
export function overwritePartial(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < KEPT || length > MAX_MASK_RUN + KEPT) return false;
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? ASCII) >= ASCII) return false;
  const hidden = length < MIN_PARTIAL ? end : end - KEPT;
  for (let at = start; at < hidden; at += 1) bytes[at] = STAR;
  return true;
}

/** Digits for digits, letters for letters of the same case; equal values stay equal under one key. */
function fake(value: string, key: Uint8Array): string {
  const bytes = digest(value, key);
  let at = 0;
  const next = (size: number): number => ((bytes[at++ % bytes.length] ?? 0) + at * 7) % size;
  return value.replace(/[0-9]|[a-z]|[A-Z]|\P{ASCII}/gu, (character) => {
    if (/\d/.test(character)) return String(next(10));
    return String.fromCharCode((/[A-Z]/.test(character) ? 65 : 97) + next(26));
  });
}

function digest(value: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(value).digest();
}
