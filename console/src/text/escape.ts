/**
 * Text from elsewhere, made safe to judge by eye. Characters that a reader cannot see, that change the direction of
 * their neighbours, or that a terminal would obey are written out as `⟨U+202E⟩`; everything else stays as it is.
 */
export interface Piece {
  readonly text: string;
  /** Set where `text` stands for a character that would not show itself. */
  readonly hidden?: string;
}

/**
 * Controls, format characters (bidirectional, zero width, tags), lone surrogates, unassigned and private ones, line and
 * paragraph separators, spaces that are not U+0020, fillers and variation selectors. Line feed and tab are layout.
 */
const HIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}]|(?! )\p{Zs}/gu;

export function escapePieces(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) });
    pieces.push({ text: writtenOut(match[0]), hidden: nameOf(match[0]) });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

export function escapeText(text: string): string {
  return text.replaceAll(HIDDEN, writtenOut);
}

/** The same for a text that is one line, such as a name: line feeds and tabs are written out too. */
export function escapeLine(text: string): string {
  return escapeText(text).replaceAll(/[\n\t]/g, writtenOut);
}

export function countHidden(text: string): number {
  return text.match(HIDDEN)?.length ?? 0;
}

/** Code points: what a reader would count. */
export function countCharacters(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length - 1; i += 1) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) pairs += 1;
  }
  return text.length - pairs;
}

function writtenOut(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `⟨U+${hex}⟩`;
}

const NAMES: Readonly<Record<string, string>> = {
  '\u0000': 'null',
  '\u0007': 'bell',
  '\b': 'backspace',
  '\r': 'carriage return: hides what stands before it on a terminal',
  '\u001b': 'escape: begins a terminal command',
  '\u009b': 'control sequence introducer: begins a terminal command',
  '\u00a0': 'no-break space',
  '\u00ad': 'soft hyphen: invisible',
  '\u061c': 'arabic letter mark: changes direction',
  '\u200b': 'zero width space: invisible',
  '\u200c': 'zero width non-joiner: invisible',
  '\u200d': 'zero width joiner: invisible',
  '\u200e': 'left-to-right mark',
  '\u200f': 'right-to-left mark: changes direction',
  '\u202a': 'left-to-right embedding',
  '\u202b': 'right-to-left embedding: changes direction',
  '\u202c': 'pop directional formatting',
  '\u202d': 'left-to-right override',
  '\u202e': 'right-to-left override: shows what follows backwards',
  '\u2066': 'left-to-right isolate',
  '\u2067': 'right-to-left isolate: changes direction',
  '\u2068': 'first strong isolate',
  '\u2069': 'pop directional isolate',
  '\ufeff': 'byte order mark: invisible',
};

function nameOf(character: string): string {
  return NAMES[character] ?? 'a character that does not show itself';
}
