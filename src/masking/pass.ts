import { SallyportError } from '../core/error.ts';
import { JsonNumber, type JsonObject, type JsonValue } from '../core/json.ts';
import type { MaskOperator } from '../core/decision.ts';
import { removeControlCharacters } from './control-characters.ts';
import { featuresOf, HAS, type Features } from './features.ts';
import { NO_KEY, type KeyTraits } from './key.ts';
import { embeddedJson, nestedBase64, nestedJson, type Nested } from './nested.ts';
import { maskedNumber, maskedText } from './operator.ts';
import { descend, joinPlaces, ruleAtRoot, staysBelow, type Place, type PlaceRule } from './place.ts';
import { scan, type Armed, type Hit } from './scan.ts';
import { setMember } from './set-member.ts';
import { Tally } from './tally.ts';

/** What is the same for every call of one masker. */
export interface Engine {
  readonly armed: readonly Armed[];
  /** Those of `armed` that are the policy's own: they may describe any number, short or with a fraction. */
  readonly custom: readonly Armed[];
  readonly root: Place;
  readonly hashKey: Uint8Array;
  readonly cleans: boolean;
  readKey(key: string): KeyTraits;
}

/** Where a part of a bigger value stands. */
export interface Standing {
  readonly key: KeyTraits;
  readonly place: Place;
  /** The rule by place that masks all of it. */
  readonly rule: PlaceRule | undefined;
}

/** Encodings inside encodings; past this a reply is refused rather than released unread. */
const MAX_NESTING = 8;
const MIN_EMBEDDED_BASE64 = 40;

/** One call of a masker: walks a value and counts what it masks. */
export class Pass {
  readonly tally = new Tally();
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  json(value: JsonValue): JsonValue {
    const rule = ruleAtRoot(this.#engine.root);
    return rule ? this.#field(value, rule) : this.#value(value, NO_KEY, this.#engine.root, 0);
  }

  text(text: string): string {
    return this.#leaf(text, NO_KEY, this.#engine.root, 0) ?? 'null';
  }

  /** Where a walk begins that is not made here: parts of a value that is too big to be held. */
  root(): Standing {
    return { key: NO_KEY, place: this.#engine.root, rule: ruleAtRoot(this.#engine.root) };
  }

  /** One step down from there; `named` is what the object says of its `value`. */
  below(at: Standing, name: string | number, named?: KeyTraits): Standing {
    if (at.rule) return at;
    const own = typeof name === 'string' ? this.#engine.readKey(name) : at.key;
    const key = named ?? (own.empty ? at.key : own);
    const { place, rule } = at.place.length === 0 ? { place: at.place, rule: undefined } : descend(at.place, name);
    return { key, place, rule };
  }

  part(value: JsonValue, at: Standing): JsonValue {
    return at.rule ? this.#field(value, at.rule) : this.#value(value, at.key, at.place, 0);
  }

  key(name: string, at: Standing): string {
    return at.rule || this.#engine.readKey(name).odd ? this.#key(name) : name;
  }

  nameOf(text: string): KeyTraits {
    return this.#engine.readKey(text);
  }

  /** A JSON text inside a string is a payload of its own, too. */
  inside(at: Standing): Standing {
    return { ...at, place: joinPlaces(at.place, this.#engine.root) };
  }

  /** What the detectors find in a text as it stands. */
  hits(text: string, key: KeyTraits = NO_KEY): readonly Hit[] {
    return scan(text, featuresOf(text), key, this.#engine.armed);
  }

  clean(text: string): string {
    return this.#engine.cleans ? this.#clean(text) : text;
  }

  #value(value: JsonValue, key: KeyTraits, place: Place, depth: number): JsonValue {
    if (typeof value === 'string') return this.#leaf(value, key, place, depth);
    if (typeof value === 'number') return this.#engine.custom.length === 0 && tellsNothing(value, key) ? value : this.#number(value, String(value), key);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof JsonNumber) return this.#number(value, value.text, key);
    if (Array.isArray(value)) return this.#array(value, key, place, depth);
    // What is neither a scalar, a JsonNumber nor an array is an object.
    return this.#object(value as JsonObject, key, place, depth);
  }

  #array(items: readonly JsonValue[], key: KeyTraits, place: Place, depth: number): JsonValue {
    let copy: JsonValue[] | undefined;
    for (let i = 0; i < items.length; i += 1) {
      const item = items[i] ?? null;
      const masked = this.#member(item, i, key, place, depth);
      if (masked !== item && !copy) copy = items.slice(0, i);
      copy?.push(masked);
    }
    return copy ?? items;
  }

  #object(object: JsonObject, above: KeyTraits, place: Place, depth: number): JsonValue {
    const keys = Object.keys(object);
    const named = this.#namedValue(object, above);
    let copy: Record<string, JsonValue> | undefined;
    for (let i = 0; i < keys.length; i += 1) {
      const key = keys[i] ?? '';
      const item = object[key] ?? null;
      const own = this.#engine.readKey(key);
      const masked = this.#member(item, key, key === 'value' ? named : own.empty ? above : own, place, depth);
      const maskedKey = own.odd ? this.#key(key) : key;
      if (!copy && (masked !== item || maskedKey !== key)) copy = copyMembers(object, keys, i);
      if (copy) setMember(copy, maskedKey, masked);
    }
    return copy ?? object;
  }

  /** `{"name": "DB_PASSWORD", "value": "..."}`: the name is a value of its own here. */
  #namedValue(object: JsonObject, above: KeyTraits): KeyTraits {
    if (!Object.hasOwn(object, 'value')) return above;
    const name = Object.hasOwn(object, 'name') ? object['name'] : Object.hasOwn(object, 'key') ? object['key'] : undefined;
    return typeof name === 'string' ? this.#engine.readKey(name) : above;
  }

  #member(item: JsonValue, name: string | number, key: KeyTraits, place: Place, depth: number): JsonValue {
    if (staysBelow(place, name)) return this.#value(item, key, place, depth);
    const arrival = descend(place, name);
    return arrival.rule ? this.#field(item, arrival.rule) : this.#value(item, key, arrival.place, depth);
  }

  #key(key: string): string {
    const cleaned = this.clean(key);
    return this.#scan(cleaned, featuresOf(cleaned), NO_KEY) ?? 'null';
  }

  #number<T extends number | JsonNumber>(value: T, text: string, key: KeyTraits): T | JsonValue {
    const digits = this.#searchedDigits(text, key);
    const hit =
      (digits === '' ? undefined : scan(digits, featuresOf(digits), key, this.#engine.armed)[0]) ??
      (this.#engine.custom.length === 0 ? undefined : scan(text, featuresOf(text), key, this.#engine.custom)[0]);
    if (!hit) return value;
    this.tally.add('detector', hit.detector);
    return maskedNumber(digits === '' ? text : digits, hit.operator, this.#engine.hashKey);
  }

  /** The digits in which built-in detectors could find something; fractions hold nothing. */
  #searchedDigits(text: string, key: KeyTraits): string {
    if (text.length < 7 && key.secret === 'none') return '';
    const whole = text.replace(/\.0+$/, '');
    return /^\d+$/.test(whole) ? whole : Number.isSafeInteger(Number(text)) ? String(Number(text)) : '';
  }

  /** A text at its place: cleaned, decoded where something is encoded in it, and searched. Null where the whole of it becomes null. */
  #leaf(original: string, key: KeyTraits, place: Place, depth: number): string | null {
    let features = featuresOf(original);
    let text = original;
    if (this.#engine.cleans && (features.seen & (HAS.control | HAS.wide)) !== 0) {
      text = this.#clean(text);
      if (text !== original) features = featuresOf(text);
    }
    if (this.#engine.armed.length === 0 && place.length === 0 && !this.#engine.cleans) return text;
    const first = text.charCodeAt(0);
    if (first === 0x7b || first === 0x5b || first === 0x22 || first <= 0x20 || first === 0xfeff) {
      const nested = nestedJson(text);
      if (nested) return this.#nested(nested, text, key, place, depth);
    }
    const decoded = this.#encodedParts(text, features, place, depth);
    return this.#scan(decoded, decoded === text ? features : featuresOf(decoded), key);
  }

  #nested(nested: Nested<JsonValue>, text: string, key: KeyTraits, place: Place, depth: number): string {
    if (depth >= MAX_NESTING) throw new SallyportError('masking_failed', `texts nested in texts more than ${MAX_NESTING} deep`);
    const inner = place === this.#engine.root ? place : joinPlaces(place, this.#engine.root);
    const masked = this.#value(nested.value, key, inner, depth + 1);
    return masked === nested.value && nested.lossy !== true ? text : nested.write(masked);
  }

  /** JSON inside a longer text, and base64 alone or inside one. */
  #encodedParts(text: string, features: Features, place: Place, depth: number): string {
    let result = text;
    if ((features.seen & HAS.brace) !== 0 && (features.seen & HAS.quote) !== 0) {
      result = replaceStretches(result, embeddedJson(result), (part) => this.#jsonPart(part, place, depth));
    }
    if (features.run >= MIN_EMBEDDED_BASE64 || (features.run === features.length && features.run >= 16)) {
      result = this.#base64Parts(result, place, depth);
    }
    return result;
  }

  #jsonPart(part: string, place: Place, depth: number): string {
    const nested = nestedJson(part);
    return nested ? this.#nested(nested, part, NO_KEY, place, depth) : part;
  }

  #base64Parts(text: string, place: Place, depth: number): string {
    const whole = this.#base64(text, place, depth);
    if (whole !== text) return whole;
    return text.replace(/[A-Za-z0-9+/_-]{40,}={0,2}/g, (part) => this.#base64(part, place, depth));
  }

  #base64(text: string, place: Place, depth: number): string {
    const nested = nestedBase64(text);
    if (!nested) return text;
    if (depth >= MAX_NESTING) throw new SallyportError('masking_failed', `texts nested in texts more than ${MAX_NESTING} deep`);
    const masked = this.#leaf(nested.value, NO_KEY, place, depth + 1) ?? 'null';
    return masked === nested.value ? text : nested.write(masked);
  }

  #scan(text: string, features: Features, key: KeyTraits): string | null {
    const hits = scan(text, features, key, this.#engine.armed);
    return hits.length === 0 ? text : this.replace(text, hits);
  }

  replace(text: string, hits: readonly Hit[]): string | null {
    let result = '';
    let from = 0;
    for (const hit of hits) {
      this.tally.add('detector', hit.detector);
      if (hit.operator === 'null' && hit.start === 0 && hit.end === text.length) return null;
      result += text.slice(from, hit.start) + this.instead(text.slice(hit.start, hit.end), hit.kind, hit.operator);
      from = hit.end;
    }
    return result + text.slice(from);
  }

  instead(value: string, kind: string, operator: MaskOperator): string {
    return maskedText(value, kind, operator, this.#engine.hashKey);
  }

  /** A value whose place is named: all of it, whatever it is. */
  #field(value: JsonValue, rule: PlaceRule): JsonValue {
    this.tally.add('field', rule.path.source);
    return rule.operator === 'null' ? null : this.#whole(value, rule.operator);
  }

  #whole(value: JsonValue, operator: MaskOperator): JsonValue {
    if (typeof value === 'string') return value === '' ? value : this.instead(value, 'field', operator);
    if (typeof value === 'number') return maskedNumber(String(value), operator, this.#engine.hashKey);
    if (value instanceof JsonNumber) return maskedNumber(value.text, operator, this.#engine.hashKey);
    if (typeof value === 'boolean') return false;
    if (Array.isArray(value)) return value.map((item: JsonValue) => this.#whole(item, operator));
    if (value === null) return null;
    const copy: Record<string, JsonValue> = {};
    // What is neither a scalar nor an array is an object.
    const object = value as JsonObject;
    for (const key of Object.keys(object)) setMember(copy, this.#key(key), this.#whole(object[key] ?? null, operator));
    return copy;
  }

  #clean(text: string): string {
    const cleaned = removeControlCharacters(text);
    if (cleaned.removed > 0) this.tally.add('control-characters', 'control-characters', cleaned.removed);
    return cleaned.text;
  }
}

/** As `#searchedDigits` says of its text, without writing the text. */
function tellsNothing(value: number, key: KeyTraits): boolean {
  return !Number.isInteger(value) || (Math.abs(value) < 1e6 && key.secret === 'none');
}

function copyMembers(object: JsonObject, keys: readonly string[], count: number): Record<string, JsonValue> {
  const copy: Record<string, JsonValue> = {};
  for (const key of keys.slice(0, count)) setMember(copy, key, object[key] ?? null);
  return copy;
}

function replaceStretches(text: string, stretches: readonly { readonly start: number; readonly end: number }[], mask: (part: string) => string): string {
  let result = '';
  let from = 0;
  for (const { start, end } of stretches) {
    result += text.slice(from, start) + mask(text.slice(start, end));
    from = end;
  }
  return from === 0 ? text : result + text.slice(from);
}
