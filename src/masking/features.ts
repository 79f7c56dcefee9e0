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

/** One class a code unit of ASCII. */
const CLASSES = Int32Array.from({ length: 128 }, (_, code) => classOf(code));

export function featuresOf(text: string): Features {
  const { length } = text;
  let seen = 0;
  let digits = 0;
  let chain = 0;
  let longestChain = 0;
  let gap = 0;
  let run = 0;
  let longestRun = 0;
  let word = 0;
  let longestWord = 0;
  let colons = 0;
  let dashes = 0;
  let dots = 0;
  let letters = 0;
  let capitals = 0;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? (CLASSES[code] ?? 0) : HAS.wide | GAP;
    seen |= kind;
    if ((kind & WORD) !== 0) {
      run += 1;
      word += 1;
      if ((kind & HAS.digit) !== 0) {
        digits += 1;
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
    if ((kind & RUN) !== 0) run += 1;
    else {
      if (run > longestRun) longestRun = run;
      run = 0;
    }
    gap += 1;
    if ((kind & GAP) === 0 || gap > MAX_GAP) chain = 0;
    if (code === 0x3a) colons += 1;
    else if (code === 0x2d) dashes += 1;
    else if (code === 0x2e) dots += 1;
  }
  return {
    length,
    digits,
    chain: longestChain,
    run: Math.max(run, longestRun),
    word: Math.max(word, longestWord),
    colons,
    dashes,
    dots,
    letters,
    capitals,
    seen,
  };
}

function classOf(code: number): number {
  const character = String.fromCharCode(code);
  if (/[A-Z]/.test(character)) return HAS.letter | RUN | WORD | CAPITAL;
  if (/[a-z]/.test(character)) return HAS.letter | RUN | WORD;
  if (/\d/.test(character)) return HAS.digit | RUN | WORD;
  if (code === 0x7f || (code < 0x20 && !/[\t\n\r]/.test(character))) return HAS.control;
  return NAMED[character] ?? (/\s/.test(character) ? HAS.space : 0);
}
