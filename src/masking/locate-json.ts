import { isJsonArray, isJsonObject, member, type JsonValue } from '../core/json.ts';
import type { KeyTraits } from './key.ts';
import type { Located, Search, ToWhole } from './located.ts';
import type { Standing } from './pass.ts';

const SCALAR = /[^\s,\]}]+/y;

/** The same for a text that is JSON; `value` is what it says. */
export function locateInJson(raw: string, value: JsonValue, at: Standing, search: Search): readonly Located[] {
  const walk = new Walk(raw, search);
  walk.value(value, at);
  return walk.found;
}

/** Goes through the text once, beside the value that was read from it. */
class Walk {
  readonly found: Located[] = [];
  readonly #raw: string;
  readonly #search: Search;
  #at = 0;

  constructor(raw: string, search: Search) {
    this.#raw = raw;
    this.#search = search;
  }

  value(value: JsonValue, at: Standing): void {
    this.#space();
    const first = this.#raw.charAt(this.#at);
    if (first === '"') this.#string(at);
    else if (first === '[') this.#array(isJsonArray(value) ? value : [], at);
    else if (first === '{') this.#object(value, at);
    else this.#scalar(at);
  }

  #array(items: readonly JsonValue[], at: Standing): void {
    this.#at += 1;
    for (let index = 0; this.#more(']'); index += 1) this.value(items[index] ?? null, this.#search.pass.below(at, index));
  }

  #object(object: JsonValue, at: Standing): void {
    const named = this.#named(object);
    this.#at += 1;
    while (this.#more('}')) {
      const start = this.#at;
      const key = this.#text();
      if (this.#search.pass.key(key, at) !== key) this.#hits(key, this.#toWhole(start));
      this.#space();
      this.#at += 1;
      this.value(member(object, key) ?? null, this.#search.pass.below(at, key, key === 'value' ? named : undefined));
    }
  }

  /** Steps to the next item or member; over the bracket that closes, and then there is none. */
  #more(closing: string): boolean {
    this.#space();
    if (this.#raw.charAt(this.#at) === ',') this.#at += 1;
    this.#space();
    if (this.#raw.charAt(this.#at) !== closing) return this.#at < this.#raw.length;
    this.#at += 1;
    return false;
  }

  #named(object: JsonValue): KeyTraits | undefined {
    if (!isJsonObject(object)) return undefined;
    const name = member(object, 'name') ?? member(object, 'key');
    return typeof name === 'string' ? this.#search.pass.nameOf(name) : undefined;
  }

  #string(at: Standing): void {
    const start = this.#at;
    const text = this.#text();
    this.found.push(...this.#search.inText(text, at, { ...this.#search, toWhole: this.#toWhole(start) }));
  }

  #scalar(at: Standing): void {
    const start = this.#at;
    SCALAR.lastIndex = start;
    const text = SCALAR.exec(this.#raw)?.[0] ?? '';
    this.#at += Math.max(1, text.length);
    const place = this.#search.toWhole(start, start + text.length);
    if (at.rule) this.found.push({ ...place, kind: 'field', score: 1 });
    else if (/^\d{3,}$/.test(text))
      this.found.push(
        ...this.#search.pass
          .hits(text, at.key)
          .slice(0, 1)
          .map(({ kind, score }) => ({ ...place, kind, score })),
      );
  }

  #hits(text: string, toWhole: ToWhole): void {
    this.found.push(...this.#search.pass.hits(text).map(({ start, end, kind, score }) => ({ ...toWhole(start, end), kind, score })));
  }

  /** The string that begins here, read. */
  #text(): string {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#raw.length && this.#raw.charAt(end) !== '"') end += this.#raw.charAt(end) === '\\' ? 2 : 1;
    this.#at = end + 1;
    return String(JSON.parse(this.#raw.slice(start, end + 1)));
  }

  /** Offsets inside the string that begins at `quote`. */
  #toWhole(quote: number): ToWhole {
    const literal = this.#raw.slice(quote + 1, this.#at - 1);
    if (!literal.includes('\\')) return (start, end) => this.#search.toWhole(quote + 1 + start, quote + 1 + end);
    const offsets: number[] = [];
    for (let at = 0; at < literal.length;) {
      offsets.push(at);
      at += literal.charAt(at) !== '\\' ? 1 : literal.charAt(at + 1) === 'u' ? 6 : 2;
    }
    offsets.push(literal.length);
    return (start, end) => this.#search.toWhole(quote + 1 + (offsets[start] ?? 0), quote + 1 + (offsets[end] ?? literal.length));
  }

  #space(): void {
    while (/[\s\ufeff]/.test(this.#raw.charAt(this.#at))) this.#at += 1;
  }
}
