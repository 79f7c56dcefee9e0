import { SallyportError } from '../core/error.ts';
import { removeControlCharacters } from './control-characters.ts';
import { embeddedJson, openJson } from './nested.ts';
import type { Pass } from './pass.ts';
import { couldBeJson } from './json-beginning.ts';
import type { Streamed } from './streamed.ts';

/** How many places to cut are tried before the text counts as one long value. */
const MAX_TRIES = 64;

/**
 * Text, piece after piece. A piece ends only where the detectors find the same on both sides as in the uncut text, and never inside
 * JSON or a word; so a value is found wherever it stands; one that is longer than half a window is refused or left out.
 */
export class StreamedText implements Streamed {
  readonly #pass: Pass;
  readonly #window: number;
  #text = '';
  #skipping = false;

  constructor(pass: Pass, window: number) {
    this.#pass = pass;
    this.#window = window;
  }

  push(text: string): string {
    this.#text += text;
    let out = '';
    for (;;) {
      if (this.#skipping && !this.#skip()) return out;
      if (this.#text.length < 2 * this.#window) return out;
      out += this.#piece();
    }
  }

  end(): string {
    return this.#skipping ? '' : this.#pass.text(this.#text);
  }

  #piece(): string {
    // Exactly so much is looked at, however much has come.
    const seen = this.#text.slice(0, 2 * this.#window);
    const places = breaks(seen, this.#window);
    if (places.length === 0) return this.#leaveOut();
    const cut = this.#outsideJson(seen, places).find((at) => this.#agrees(seen, at));
    if (cut === undefined) throw new SallyportError('limit_exceeded', `a value is longer than half of ${this.#window} characters`);
    this.#text = this.#text.slice(cut);
    return this.#pass.text(seen.slice(0, cut));
  }

  /** One word longer than half the window: it is masked to its end, with what stands before it. */
  #leaveOut(): string {
    this.#text = this.#text.slice(this.#window);
    this.#skipping = true;
    this.#pass.tally.add('detector', 'too-long');
    return '[redacted:too-long]';
  }

  #skip(): boolean {
    const end = this.#text.search(/\s/);
    this.#text = end < 0 ? '' : this.#text.slice(end);
    this.#skipping = end < 0;
    return !this.#skipping;
  }

  /** Places in JSON have rules of their own, which a piece of it does not show: JSON that does not end in sight is refused. */
  #outsideJson(seen: string, places: readonly number[]): readonly number[] {
    const json = embeddedJson(seen);
    const start = openJson(seen);
    const open = start !== undefined && couldBeJson(seen.slice(start)) ? start : seen.length;
    const outside = places.filter((at) => at <= open && !json.some(({ start: from, end }) => from < at && at < end));
    if (outside.length === 0) throw new SallyportError('limit_exceeded', `JSON inside the text is longer than half of ${this.#window} characters`);
    const every = Math.ceil(outside.length / MAX_TRIES);
    return outside.filter((_, index) => index % every === 0);
  }

  /** Whether the two sides by themselves show what the uncut text shows. */
  #agrees(seen: string, at: number): boolean {
    const reach = this.#window / 2;
    const [left, right] = [this.#visible(seen.slice(Math.max(0, at - reach), at)), this.#visible(seen.slice(at, at + reach))];
    const apart = [...this.#found(left, 0), ...this.#found(right, left.length)];
    const whole = this.#found(left + right, 0);
    return whole.length === apart.length && whole.every((hit, index) => hit === apart[index]);
  }

  #visible(text: string): string {
    return removeControlCharacters(text).text;
  }

  #found(text: string, offset: number): readonly string[] {
    return this.#pass.hits(text).map(({ start, end, kind }) => `${start + offset} ${end + offset} ${kind}`);
  }
}

/** Places after a line, or else after a word, the last first, in the second half of the window: what is left is long enough to look ahead. */
function breaks(text: string, window: number): readonly number[] {
  const from = Math.floor(window / 2);
  const half = text.slice(from, window);
  const places = (pattern: RegExp): readonly number[] => [...half.matchAll(pattern)].map(({ index }) => from + index + 1).toReversed();
  return [...places(/\n/g), ...places(/\s/g)];
}
