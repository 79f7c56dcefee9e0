/**
 * JSON laid out for reading without being read: white space is the only thing that changes. Parsing and printing again
 * would alter large numbers, drop duplicate keys and undo escapes, and an approver must see what is there.
 */

/** White space, a whole string, a mark, or any other word. */
export const LEXEME = /\s+|"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs;

/** The same JSON with line breaks and two spaces a level, a row of a table on one line; undefined where the text is not JSON. */
export function prettyJson(text: string): string | undefined {
  if (!isJson(text)) return undefined;
  const all = lexemes(text);
  /** What is open. */
  const open: string[] = [];
  let out = '';
  let previous = '';
  let rowEnds = -1;
  for (const [at, lexeme] of all.entries()) {
    if (isCloser(lexeme)) open.pop();
    out += (at <= rowEnds ? gapInRow(previous, lexeme) : gap(previous, lexeme, open.length)) + lexeme;
    if (isOpener(lexeme)) {
      if (lexeme === '[' && open.at(-1) === '[') rowEnds = Math.max(rowEnds, endOfRow(all, at));
      open.push(lexeme);
    }
    previous = lexeme;
  }
  return out;
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
