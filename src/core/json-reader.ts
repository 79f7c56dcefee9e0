import { SallyportError } from './error.ts';
import { JsonNumber, type JsonObject, type JsonValue } from './json-value.ts';

/** JSON read a character at a time: what is wrong, and where, is this reader's word. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HEX = /^[0-9a-fA-F]{4}$/;
const ESCAPED = '"\\/bfnrt';

/** Throws `json_invalid`, `json_ambiguous` or `limit_exceeded`, with the offset. */
export function readJson(text: string, maxDepth: number): JsonValue {
  return new Reader(text, maxDepth).document();
}

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): JsonValue {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#bad('text after the value');
    return value;
  }

  #value(): JsonValue {
    this.#space();
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case QUOTE:
        return this.#string();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(): JsonObject {
    this.#enter();
    const object: Record<string, JsonValue> = {};
    if (this.#closes(0x7d)) return object;
    for (;;) {
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#bad('a key in double quotes is expected');
      const start = this.#at;
      const key = this.#string();
      if (Object.hasOwn(object, key)) throw new SallyportError('json_ambiguous', `duplicate key ${JSON.stringify(key.slice(0, 80))} at offset ${start}`);
      this.#expect(0x3a, 'a colon');
      setOwn(object, key, this.#value());
      if (this.#ends(0x7d)) return object;
    }
  }

  #array(): JsonValue[] {
    this.#enter();
    const items: JsonValue[] = [];
    if (this.#closes(0x5d)) return items;
    for (;;) {
      items.push(this.#value());
      if (this.#ends(0x5d)) return items;
    }
  }

  #enter(): void {
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) throw new SallyportError('limit_exceeded', `nesting deeper than ${this.#maxDepth} at offset ${this.#at}`);
  }

  #closes(code: number): boolean {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    this.#depth -= 1;
    return true;
  }

  #ends(code: number): boolean {
    if (this.#closes(code)) return true;
    this.#expect(0x2c, 'a comma');
    return false;
  }

  #expect(code: number, what: string): void {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== code) throw this.#bad(`${what} is expected`);
    this.#at += 1;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    for (let at = start; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return text.slice(start, at);
      }
      if (code === BACKSLASH) return this.#escaped(start, at);
      if (code < 0x20) break;
    }
    throw this.#bad('an unfinished string or a bare control character');
  }

  /** Checks every escape by itself, and leaves it to the engine to put the text together: JSON within JSON is full of them. */
  #escaped(start: number, firstEscape: number): string {
    const text = this.#text;
    for (let at = firstEscape; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        // A string in quotes whose every character was looked at.
        return JSON.parse(text.slice(start - 1, at + 1)) as string;
      }
      if (code < 0x20) break;
      if (code === BACKSLASH) at += this.#escape(at + 1);
    }
    throw this.#bad('an unfinished string or a bare control character');
  }

  /** How many characters the escape has behind its backslash. */
  #escape(at: number): number {
    const letter = this.#text.charCodeAt(at);
    if (letter === 0x75 && HEX.test(this.#text.slice(at + 1, at + 5))) return 5;
    if (letter < 0x80 && ESCAPED.includes(String.fromCharCode(letter))) return 1;
    this.#at = at;
    throw this.#bad('an unknown escape');
  }

  #number(): number | JsonNumber {
    NUMBER.lastIndex = this.#at;
    const text = NUMBER.exec(this.#text)?.[0];
    if (text === undefined) throw this.#bad('a value is expected');
    this.#at += text.length;
    const value = Number(text);
    return String(value) === text ? value : new JsonNumber(text);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#bad('a value is expected');
    this.#at += word.length;
    return value;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #bad(what: string): SallyportError {
    return new SallyportError('json_invalid', `not JSON: ${what} at offset ${this.#at}`);
  }
}

/** Sets an own member, also one called `__proto__`. */
function setOwn(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
