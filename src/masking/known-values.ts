import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { setMember } from './set-member.ts';

/** Values that are known exactly, such as the credential of a target, taken out of whatever they come back in. */
export interface KnownValues {
  /** The same value (identical, not a copy) where none of them is in it. `text` is its JSON. */
  remove(value: JsonValue, text: string): JsonValue;
}

const PLACEHOLDER = '[redacted:credential]';
/** Shorter ones would be found in words. */
const MIN_LENGTH = 6;

/**
 * Found as they are, percent-encoded, as JSON in a text, in base64 at any offset, in hex, and cut over neighbouring texts.
 * No operator, no threshold and no policy: such a value is nobody's to see.
 */
export function knownValues(values: readonly string[]): KnownValues {
  const needles = [...new Map(values.filter((value) => value.length >= MIN_LENGTH).flatMap(spellings)).entries()].toSorted(([a], [b]) => b.length - a.length);
  const clean = (text: string): string => needles.reduce((rest, [needle, instead]) => (rest.includes(needle) ? rest.replaceAll(needle, instead) : rest), text);

  function walk(value: JsonValue): JsonValue {
    if (typeof value === 'string') return clean(value);
    if (isJsonArray(value)) return walkArray(value);
    if (!isJsonObject(value)) return value;
    const copy: Record<string, JsonValue> = {};
    let changed = false;
    for (const key of Object.keys(value)) {
      const before = value[key] ?? null;
      const after = walk(before);
      const name = clean(key);
      changed ||= after !== before || name !== key;
      setMember(copy, name, after);
    }
    return changed ? copy : value;
  }

  function walkArray(items: readonly JsonValue[]): readonly JsonValue[] {
    const walked = items.map(walk);
    const joined = cutJoined(walked, clean);
    return joined.every((item, at) => item === items[at]) ? items : joined;
  }

  return {
    remove: (value, text) => (needles.length === 0 || !mayHold(text, needles) ? value : walk(value)),
  };
}

/** Cheap, and never wrong about a no: an escape or a second text could hide a value from a search of the JSON. */
function mayHold(text: string, needles: readonly (readonly [string, string])[]): boolean {
  const first = text.indexOf('"text"');
  if (text.includes('\\') || (first >= 0 && text.includes('"text"', first + 1))) return true;
  return needles.some(([needle]) => text.includes(needle));
}

/** The spellings of a value, each with what is written instead; encoded ones keep their length, so that what is around still decodes. */
function spellings(value: string): (readonly [string, string])[] {
  const bytes = Buffer.from(value);
  const plain = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)].map((spelling) => [spelling, PLACEHOLDER] as const);
  const hex = [bytes.toString('hex'), bytes.toString('hex').toUpperCase()].map((spelling) => [spelling, '0'.repeat(spelling.length)] as const);
  return [...plain, ...hex, ...base64Cores(bytes)];
}

/** Of the base64 of a text that holds the bytes, what does not depend on its neighbours: one core for each offset. */
function base64Cores(bytes: Buffer): (readonly [string, string])[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const core = encoded.slice(Math.ceil((offset * 8) / 6), whole);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')].map((spelling) => [spelling, 'A'.repeat(spelling.length)] as const);
  });
}

/** Texts of neighbouring blocks: where only the joined text holds a value, all of them lose what is theirs of it. */
function cutJoined(items: readonly JsonValue[], clean: (text: string) => string): readonly JsonValue[] {
  const texts = items.map(textOf);
  const joined = texts.join('');
  if (texts.filter((text) => text !== '').length < 2 || clean(joined) === joined) return items;
  let first = true;
  return items.map((item, at) => {
    if (texts[at] === '') return item;
    const text = first ? clean(joined) : '';
    first = false;
    return withText(item, text);
  });
}

function textOf(item: JsonValue): string {
  if (typeof item === 'string') return item;
  if (!isJsonObject(item)) return '';
  const text = Object.hasOwn(item, 'text') ? item['text'] : undefined;
  if (typeof text === 'string') return text;
  const inner = Object.hasOwn(item, 'resource') ? item['resource'] : Object.hasOwn(item, 'content') ? item['content'] : undefined;
  return isJsonObject(inner) ? textOf(inner) : '';
}

function withText(item: JsonValue, text: string): JsonValue {
  if (!isJsonObject(item)) return text;
  const member = ['text', 'resource', 'content'].find(
    (key) => Object.hasOwn(item, key) && (key === 'text' ? typeof item[key] === 'string' : isJsonObject(item[key])),
  );
  const changed: JsonObject = member === undefined ? item : { ...item, [member]: member === 'text' ? text : withText(item[member] ?? null, text) };
  return changed;
}
