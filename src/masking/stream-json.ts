import { SallyportError } from '../core/error.ts';
import { parseJson, type JsonValue } from '../core/json.ts';
import { nestedJson } from './nested.ts';
import type { Pass, Standing } from './pass.ts';
import { FrameKeys } from './stream-keys.ts';
import type { Streamed } from './streamed.ts';

/** An array or object that is too big to be held: its parts are masked one by one. The document itself is one of values without commas. */
interface Frame {
  readonly kind: 'document' | 'array' | 'object';
  readonly at: Standing;
  readonly keys: FrameKeys;
  expects: 'first' | 'value' | 'comma' | 'key' | 'colon';
  index: number;
  key: string;
}

const MAX_DEPTH = 256;
const SPACE = /[\s\ufeff]/;

/**
 * JSON, value after value. A value that fits into the window is masked as a whole, by the same code as a message; of a bigger
 * one the brackets are written and its parts masked as they come. A string longer than the window is masked whole.
 */
export class StreamedJson implements Streamed {
  readonly #pass: Pass;
  readonly #window: number;
  readonly #frames: Frame[];
  #text = '';
  /** Where the part begins that is being read; everything before is written. */
  #start = 0;
  #part: Part | undefined;
  /** A string or a value under `null` that is left out until it ends. */
  #skipping: Part | undefined;
  #out: string[] = [];

  constructor(pass: Pass, window: number) {
    this.#pass = pass;
    this.#window = window;
    this.#frames = [newFrame('document', pass.root(), pass)];
  }

  push(text: string): string {
    this.#text = this.#text.slice(this.#start) + text;
    this.#start = 0;
    while (this.#step()) continue;
    return this.#taken();
  }

  end(): string {
    if (this.#part?.kind === 'scalar') this.#finish(this.#text.length);
    if (this.#part || this.#skipping || this.#frames.length > 1) throw invalid('the value does not end');
    return this.#taken();
  }

  #taken(): string {
    const out = this.#out.join('');
    this.#out = [];
    return out;
  }

  get #frame(): Frame {
    const frame = this.#frames.at(-1);
    if (!frame) throw invalid('a bracket closes nothing');
    return frame;
  }

  /** Reads on; false where more text is needed. */
  #step(): boolean {
    if (this.#skipping) return this.#skip(this.#skipping);
    if (this.#part) return this.#read(this.#part);
    if (this.#start >= this.#text.length) return false;
    const character = this.#text.charAt(this.#start);
    if (SPACE.test(character)) this.#write(character);
    else if (!this.#punctuation(character)) this.#part = partAt(character);
    return true;
  }

  #write(character: string): void {
    this.#out.push(character);
    this.#start += 1;
  }

  /** A comma, a colon or the bracket that closes; false where a value or a key begins. */
  #punctuation(character: string): boolean {
    const frame = this.#frame;
    const closes = frame.kind === 'array' ? ']' : frame.kind === 'object' ? '}' : '';
    if (character === closes && (frame.expects === 'first' || frame.expects === 'comma')) {
      this.#frames.pop();
      this.#write(character);
      return true;
    }
    if (frame.expects === 'comma' || frame.expects === 'colon') {
      if (character !== (frame.expects === 'comma' ? ',' : ':')) throw invalid(`${frame.expects} is expected`);
      frame.expects = frame.expects === 'colon' || frame.kind === 'array' ? 'value' : 'key';
      this.#write(character);
      return true;
    }
    if (isKeyNext(frame) && character !== '"') throw invalid('a key is expected');
    return false;
  }

  #read(part: Part): boolean {
    const limit = this.#start + this.#window;
    const end = part.read(this.#text, this.#start, limit);
    if (end !== undefined) this.#finish(end);
    else if (this.#text.length >= limit) this.#tooLong(part);
    else return false;
    return true;
  }

  #finish(end: number): void {
    // As a text is cleaned before it is read.
    const raw = this.#pass.clean(this.#text.slice(this.#start, end));
    this.#start = end;
    this.#part = undefined;
    const frame = this.#frame;
    if (isKeyNext(frame)) return this.#key(frame, raw);
    const value = readPart(raw);
    const at = this.#below(frame);
    frame.keys.see(frame.key, value.value);
    const masked = this.#pass.part(value.value, at);
    this.#out.push(masked === value.value && !value.lossy ? raw : JSON.stringify(masked));
    advance(frame);
  }

  #key(frame: Frame, raw: string): void {
    const name = parseJson(raw);
    if (typeof name !== 'string') throw invalid('a key is expected');
    const masked = this.#pass.key(name, frame.at);
    this.#out.push(masked === name ? raw : JSON.stringify(frame.keys.unique(masked)));
    frame.key = name;
    frame.expects = 'colon';
  }

  #below(frame: Frame): Standing {
    if (frame.kind === 'document') return frame.at;
    return frame.kind === 'array' ? this.#pass.below(frame.at, frame.index) : this.#pass.below(frame.at, frame.key, frame.keys.namedValue(frame.key));
  }

  #tooLong(part: Part): void {
    const frame = this.#frame;
    if (part.kind === 'scalar' || isKeyNext(frame))
      throw new SallyportError('limit_exceeded', `a ${part.kind === 'scalar' ? 'number' : 'key'} is longer than ${this.#window} characters`);
    const at = this.#below(frame);
    this.#part = undefined;
    if (part.kind === 'string' || at.rule?.operator === 'null') return this.#leaveOut(part, at);
    if (this.#frames.length > MAX_DEPTH) throw new SallyportError('limit_exceeded', `nesting deeper than ${MAX_DEPTH}`);
    advance(frame);
    const opening = this.#text.charAt(this.#start);
    this.#frames.push(newFrame(opening === '[' ? 'array' : 'object', at, this.#pass));
    this.#write(opening);
  }

  #leaveOut(part: Part, at: Standing): void {
    if (at.rule) this.#pass.tally.add('field', at.rule.path.source);
    else this.#pass.tally.add('detector', 'too-long');
    this.#out.push(at.rule?.operator === 'null' ? 'null' : '"[redacted:too-long]"');
    this.#skipping = part;
  }

  /** Forgets what it has passed over: only the part's own state is kept. */
  #skip(part: Part): boolean {
    const end = part.read(this.#text, this.#start, this.#text.length);
    if (end === undefined) {
      this.#start += part.rebase();
      return false;
    }
    this.#start = end;
    this.#skipping = undefined;
    advance(this.#frame);
    return true;
  }
}

function newFrame(kind: Frame['kind'], at: Standing, pass: Pass): Frame {
  return { kind, at, keys: new FrameKeys(pass), expects: kind === 'document' ? 'value' : 'first', index: 0, key: '' };
}

const isKeyNext = ({ kind, expects }: Frame): boolean => kind === 'object' && (expects === 'first' || expects === 'key');

function advance(frame: Frame): void {
  frame.index += 1;
  frame.expects = frame.kind === 'document' ? 'value' : 'comma';
}

const invalid = (why: string): SallyportError => new SallyportError('json_invalid', `not JSON: ${why}`);

function readPart(raw: string): { readonly value: JsonValue; readonly lossy: boolean } {
  const nested = raw.startsWith('{') || raw.startsWith('[') ? nestedJson(raw) : undefined;
  return nested ? { value: nested.value, lossy: nested.lossy === true } : { value: parseJson(raw), lossy: false };
}

/** One key or value on its way through the text: how far it has been read. */
class Part {
  readonly kind: 'string' | 'scalar' | 'container';
  #read = 0;
  #depth = 0;
  #quoted = false;

  constructor(kind: Part['kind']) {
    this.kind = kind;
  }

  /** Reads on, at most to `limit`; the end of the part, where it is reached. */
  read(text: string, start: number, limit: number): number | undefined {
    const to = Math.min(text.length, limit);
    while (start + this.#read < to) {
      const character = text.charAt(start + this.#read);
      if (this.kind === 'scalar' && /[\s,\]}[{":]/.test(character)) return this.#read === 0 ? invalidEnd() : start + this.#read;
      // An escape takes the next character with it; where that is not there yet, both are read later.
      if (this.#quoted && character === '\\' && start + this.#read + 1 >= to) return undefined;
      this.#read += this.#quoted && character === '\\' ? 2 : 1;
      if (this.#ends(character)) return start + this.#read;
    }
    return undefined;
  }

  /** Forgets what has been read, and tells how much that was: an escape that waits for its character stays. */
  rebase(): number {
    const read = this.#read;
    this.#read = 0;
    return read;
  }

  #ends(character: string): boolean {
    if (character === '"') {
      this.#quoted = !this.#quoted;
      return this.kind === 'string' && !this.#quoted;
    }
    if (this.#quoted || this.kind !== 'container') return false;
    if (character === '{' || character === '[') this.#depth += 1;
    if (character === '}' || character === ']') this.#depth -= 1;
    return this.#depth === 0;
  }
}

function invalidEnd(): never {
  throw invalid('a value is expected');
}

function partAt(character: string): Part {
  return new Part(character === '"' ? 'string' : character === '{' || character === '[' ? 'container' : 'scalar');
}
