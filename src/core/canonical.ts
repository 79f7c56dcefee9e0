import { isJsonArray, JsonNumber, type JsonValue } from './json.ts';

/**
 * RFC 8785 (JCS): keys sorted by UTF-16 code unit, no white space, ECMAScript numbers. One extension: a number that a
 * double cannot hold is written as its source text, so that two different numbers never share a digest.
 */
export function canonicalJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return canonicalNumber(value);
  if (isJsonArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  // Without a comparator strings are sorted by UTF-16 code unit.
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

function canonicalNumber(number: JsonNumber): string {
  const exact = number.exact();
  return exact === undefined ? number.text : String(exact === 0 ? 0 : exact);
}
