/** What one pass over a text's characters tells: enough to know which detectors have nothing to find in it. */
export interface Features {
  readonly length: number;
  readonly digits: number;
  /** Most digits with at most three of the characters between them that people write into numbers. */
  readonly chain: number;
  /** Longest run of letters, digits and `_ - + / = .`. */
  readonly run: number;
  /** Longest run of letters and digits. */
  readonly word: number;
  readonly colons: number;
  readonly dashes: number;
  readonly dots: number;
  /** Letters of ASCII, and those of them that are capitals. */
  readonly letters: number;
  readonly capitals: number;
  /** Sum of the `HAS` bits of the characters that occur. */
  readonly seen: number;
}

export const HAS = {
  digit: 1,
  letter: 2,
  at: 4,
  colon: 8,
  dot: 16,
  dash: 32,
  space: 64,
  control: 128,
  wide: 256,
  slash: 512,
  brace: 1024,
  quote: 2048,
  escape: 4096,
  /** `=`, `>`, `|`, a quote of program text: what gives a name to a value, besides a colon and a double quote. */
  assign: 8192,
} as const;
/** Belongs to a run; belongs to a word; may stand inside a number. */
const RUN = 1 << 16;
const WORD = 1 << 17;
const GAP = 1 << 18;
const CAPITAL_SHIFT = 19;
const CAPITAL = 1 << CAPITAL_SHIFT;
const MAX_GAP = 3;

const NAMED: Readonly<Record<string, number>> = {
  ' ': HAS.space | GAP,
  '@': HAS.at,
  ':': HAS.colon,
  '.': HAS.dot | RUN | GAP,
  '-': HAS.dash | RUN | GAP,
  '/': HAS.slash | RUN | GAP,
  '(': GAP,
  ')': GAP,
  '=': HAS.assign | RUN,
  '>': HAS.assign,
  '|': HAS.assign,
  "'": HAS.assign,
  '`': HAS.assign,
  '+': RUN,
  _: RUN,
  '{': HAS.brace,
  '[': HAS.brace,
  '"': HAS.quote,
  '\\': HAS.escape,
  '%': HAS.escape,
};

/** One class a byte; what is not ASCII has one together. */
const CLASSES = Int32Array.from({ length: 256 }, (_, code) => (code < 128 ? classOf(code) : HAS.wide | GAP));

/** Shorter texts are read in place: copying them costs more than it saves. */
const MIN_COPIED = 48;
const scratch = Buffer.alloc(1 << 16);
/** The engine sees at once that a text which it keeps in bytes has none of these. */
const BEYOND_LATIN = /[\u0100-\uffff]/;

export const featuresOf = (text: string): Features => new TextFeatures(text);

/** What nearly every text is asked for is read at once; the rest when a detector first wants it, which most texts never come to. */
class TextFeatures implements Features {
  readonly length: number;
  seen = 0;
  run = 0;
  digits = 0;
  readonly #text: string;
  #counts: Counts | undefined;

  constructor(text: string) {
    this.#text = text;
    this.length = text.length;
    if (text.length < MIN_COPIED || BEYOND_LATIN.test(text)) this.#readUnits(text);
    else this.#readBytes(latin1Of(text), text.length);
  }

  get chain(): number {
    return this.#counted().chain;
  }
  get word(): number {
    return this.#counted().word;
  }
  get colons(): number {
    return (this.seen & HAS.colon) === 0 ? 0 : this.#counted().colons;
  }
  get dashes(): number {
    return (this.seen & HAS.dash) === 0 ? 0 : this.#counted().dashes;
  }
  get dots(): number {
    return (this.seen & HAS.dot) === 0 ? 0 : this.#counted().dots;
  }
  get letters(): number {
    return this.#counted().letters;
  }
  get capitals(): number {
    return this.#counted().capitals;
  }

  #counted(): Counts {
    return (this.#counts ??= countsOf(this.#text));
  }

  #readUnits(text: string): void {
    let seen = 0;
    let digits = 0;
    let run = 0;
    let longest = 0;
    for (let at = 0; at < text.length; at += 1) {
      const kind = kindOf(text.charCodeAt(at));
      seen |= kind;
      digits += kind & HAS.digit;
      run = (kind & RUN) === 0 ? 0 : run + 1;
      if (run > longest) longest = run;
    }
    this.#keep(seen, digits, longest);
  }

  /** The same of text in which each character is a byte: such a loop takes half the time. */
  #readBytes(bytes: Uint8Array, length: number): void {
    let seen = 0;
    let digits = 0;
    let run = 0;
    let longest = 0;
    for (let at = 0; at < length; at += 1) {
      const kind = CLASSES[bytes[at] ?? 0] ?? 0;
      seen |= kind;
      digits += kind & HAS.digit;
      run = (kind & RUN) === 0 ? 0 : run + 1;
      if (run > longest) longest = run;
    }
    this.#keep(seen, digits, longest);
  }

  #keep(seen: number, digits: number, run: number): void {
    this.seen = seen;
    this.digits = digits;
    this.run = run;
  }
}

function latin1Of(text: string): Uint8Array {
  if (text.length > scratch.length) return Buffer.from(text, 'latin1');
  scratch.write(text, 'latin1');
  return scratch;
}

const kindOf = (code: number): number => (code < 128 ? (CLASSES[code] ?? 0) : HAS.wide | GAP);

type Counts = Pick<Features, 'chain' | 'word' | 'colons' | 'dashes' | 'dots' | 'letters' | 'capitals'>;

function countsOf(text: string): Counts {
  let chain = 0;
  let longestChain = 0;
  let gap = 0;
  let word = 0;
  let longestWord = 0;
  let colons = 0;
  let dashes = 0;
  let dots = 0;
  let letters = 0;
  let capitals = 0;
  for (let at = 0; at < text.length; at += 1) {
    const kind = kindOf(text.charCodeAt(at));
    if ((kind & WORD) !== 0) {
      word += 1;
      if ((kind & HAS.digit) !== 0) {
        chain += 1;
        gap = 0;
        if (chain > longestChain) longestChain = chain;
      } else {
        letters += 1;
        capitals += (kind >> CAPITAL_SHIFT) & 1;
        chain = 0;
      }
      continue;
    }
    if (word > longestWord) longestWord = word;
    word = 0;
    gap += 1;
    if ((kind & GAP) === 0 || gap > MAX_GAP) chain = 0;
    if ((kind & HAS.colon) !== 0) colons += 1;
    else if ((kind & HAS.dash) !== 0) dashes += 1;
    else if ((kind & HAS.dot) !== 0) dots += 1;
  }
  return { chain: longestChain, word: Math.max(word, longestWord), colons, dashes, dots, letters, capitals };
}

function classOf(code: number): number {
  const character = String.fromCharCode(code);
  if (/[A-Z]/.test(character)) return HAS.letter | RUN | WORD | CAPITAL;
  if (/[a-z]/.test(character)) return HAS.letter | RUN | WORD;
  if (/\d/.test(character)) return HAS.digit | RUN | WORD;
  if (code === 0x7f || (code < 0x20 && !/[\t\n\r]/.test(character))) return HAS.control;
  return NAMED[character] ?? (/\s/.test(character) ? HAS.space : 0);
}
