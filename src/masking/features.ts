/** What one pass over a text's characters tells: enough to know which detectors have nothing to find in it. */
export interface Features {
  readonly length: number;
  readonly digits: number;
  /** Longest run of letters, digits and `_ - + / = .`. */
  readonly run: number;
  /** Sum of the `HAS` bits of the characters that occur. */
  readonly seen: number;
}

export const HAS = {
  at: 1,
  colon: 2,
  dot: 4,
  dash: 8,
  equals: 16,
  letter: 32,
  space: 64,
  control: 128,
  wide: 256,
  digit: 512,
  other: 1024,
  escape: 2048,
  brace: 8192,
  quote: 16384,
} as const;
const RUN = 4096;

/** One class a code unit of ASCII. */
const CLASSES = new Uint16Array(128).map((_, code) => classOf(code));

export function featuresOf(text: string): Features {
  let seen = 0;
  let digits = 0;
  let run = 0;
  let longest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? (CLASSES[code] ?? 0) : HAS.wide;
    seen |= kind;
    if ((kind & RUN) === 0) {
      if (run > longest) longest = run;
      run = 0;
      continue;
    }
    run += 1;
    if ((kind & HAS.digit) !== 0) digits += 1;
  }
  return { length: text.length, digits, run: run > longest ? run : longest, seen };
}

function classOf(code: number): number {
  const character = String.fromCharCode(code);
  if (/[a-z]/i.test(character)) return HAS.letter | RUN;
  if (/\d/.test(character)) return HAS.digit | RUN;
  if (code === 0x7f || (code < 0x20 && !/[\t\n\r]/.test(character))) return HAS.control;
  if (/\s/.test(character)) return HAS.space;
  const named: Readonly<Record<string, number>> = {
    '@': HAS.at,
    ':': HAS.colon,
    '.': HAS.dot | RUN,
    '-': HAS.dash | RUN,
    '=': HAS.equals | RUN,
    '\\': HAS.escape,
    '%': HAS.escape,
    '{': HAS.brace,
    '[': HAS.brace,
    '"': HAS.quote,
  };
  return named[character] ?? (/[_+/]/.test(character) ? HAS.other | RUN : HAS.other);
}
