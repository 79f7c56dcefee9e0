/**
 * JSON laid out for reading without being read: white space is the only thing that changes. Parsing and printing again
 * would alter large numbers, drop duplicate keys and undo escapes, and an approver must see what is there.
 */
export type TokenKind = 'key' | 'string' | 'number' | 'word' | 'mark';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const LEXEME = /\s+|"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs;

/** The same JSON with line breaks and two spaces a level, a row of a table on one line; undefined where the text is not JSON. */
export function prettyJson(text: string): string | undefined {
  if (!isJson(text)) return undefined;
  let out = '';
  let depth = 0;
  let previous = '';
  /** Around what is open. */
  const around: string[] = [];
  let rowEnds = -1;
  const all = lexemes(text);
  for (const [at, lexeme] of all.entries()) {
    if (isCloser(lexeme)) {
      depth -= 1;
      around.pop();
    }
    out += (at <= rowEnds ? gapInRow(previous, lexeme) : gap(previous, lexeme, depth)) + lexeme;
    if (isOpener(lexeme)) {
      if (lexeme === '[' && around.at(-1) === '[') rowEnds = Math.max(rowEnds, endOfRow(all, at));
      depth += 1;
      around.push(lexeme);
    }
    previous = lexeme;
  }
  return out;
}

/** Laid-out JSON in coloured pieces; white space stays with the mark before it. */
export function jsonTokens(pretty: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [text] of pretty.matchAll(LEXEME)) tokens.push({ kind: kindOf(text), text });
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i];
    if (token?.kind === 'string' && tokens[i + 1]?.text === ':') tokens[i] = { kind: 'key', text: token.text };
  }
  return tokens;
}

function lexemes(text: string): readonly string[] {
  return (text.match(LEXEME) ?? []).filter((lexeme) => lexeme.trim() !== '');
}

function gap(previous: string, next: string, depth: number): string {
  if (previous === '' || next === ',' || next === ':') return '';
  if (previous === ':') return ' ';
  if (isOpener(previous) && isCloser(next)) return '';
  return `\n${'  '.repeat(depth)}`;
}

/** Where a list ends that begins there and holds nothing but values; before it where it holds more. */
function endOfRow(all: readonly string[], at: number): number {
  let end = at + 1;
  while (end < all.length && !isOpener(all[end] ?? '') && !isCloser(all[end] ?? '')) end += 1;
  return all[end] === ']' ? end : -1;
}

const gapInRow = (previous: string, next: string): string => (previous === ',' && !isCloser(next) ? ' ' : '');

function kindOf(text: string): TokenKind {
  if (text.startsWith('"')) return 'string';
  if (/^-?\d/.test(text)) return 'number';
  if (/^(?:true|false|null)$/.test(text)) return 'word';
  return 'mark';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const isOpener = (lexeme: string): boolean => lexeme === '{' || lexeme === '[';
const isCloser = (lexeme: string): boolean => lexeme === '}' || lexeme === ']';
