import { isJsonArray, JsonNumber, type JsonValue } from './json.ts';

/**
 * RFC 8785 (JCS): keys sorted by UTF-16 code unit, no white space, ECMAScript numbers. One extension: a number that a
 * double cannot hold is written as its source text, so that two different numbers never share a digest.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof JsonNumber) return canonicalNumber(value);
  if (isJsonArray(value)) {
    let items = '';
    for (const item of value) items += (items === '' ? '' : ',') + canonicalJson(item);
    return `[${items}]`;
  }
  let members = '';
  for (const key of sorted(Object.keys(value))) members += `${members === '' ? '' : ','}${quoted(key)}:${canonicalJson(value[key] ?? null)}`;
  return `{${members}}`;
}

/** Sorts in place, by UTF-16 code unit: for the few keys of an object, inserting each is quickest. */
function sorted(keys: string[]): readonly string[] {
  if (keys.length > MAX_INSERTED) return keys.sort();
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at] ?? '';
    let to = at;
    for (; to > 0 && (keys[to - 1] ?? '') > key; to -= 1) keys[to] = keys[to - 1] ?? '';
    keys[to] = key;
  }
  return keys;
}

const MAX_INSERTED = 32;

/** Nothing in it is escaped: it need not be asked for, which costs more than the rest. */
const PLAIN = /^[\w $./-]{0,64}$/;

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

function canonicalNumber(number: JsonNumber): string {
  const exact = number.exact();
  return exact === undefined ? number.text : String(exact === 0 ? 0 : exact);
}
