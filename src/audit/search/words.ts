/**
 * Text as the words by which it is found. The same words are made of what is recorded and of what is asked, here and not in the database,
 * so that SQLite and PostgreSQL find the same.
 */

/** Scripts that are written without spaces: each of their characters is a word. */
const WORD = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[[\p{L}\p{M}\p{N}_]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]]+/gv;

/** What is longer is found by its beginning. A SHA-256 in hex is that long. */
const LONGEST = 64;

// eslint-disable-next-line no-control-regex -- whether it is ASCII is the question
const ASCII = /^[\u0000-\u007f]*$/;

/** In order, repeated as they are repeated. Case and width do not count. */
export function wordsOf(text: string): readonly string[] {
  const folded = (ASCII.test(text) ? text : text.normalize('NFKC')).toLowerCase();
  return (folded.match(WORD) ?? []).map((word) => (word.length > LONGEST ? word.slice(0, LONGEST).toWellFormed() : word));
}

/** The words of a text and the parts of those that are put together: `update_model` is found by `model` too. */
export function* indexedWords(text: string): Iterable<string> {
  for (const word of wordsOf(text)) {
    yield word;
    if (word.includes('_')) for (const part of word.split('_')) if (part !== '') yield part;
  }
}

const LEXEME = /"((?:[^"\\]|\\.)*)"|[^\s"{}[\],:]+/gs;

/**
 * The texts in a JSON text: keys, strings without their escapes, numbers and words as they are written. A string that is JSON itself (a tool
 * that answers with some) is taken apart as well. What is no JSON is not refused: it is cut where it can be.
 */
export function* textsInJson(json: string, depth = 3): Iterable<string> {
  for (const [lexeme, inner] of json.matchAll(LEXEME)) {
    const text = inner === undefined ? lexeme : inner.includes('\\') ? unescaped(lexeme, inner) : inner;
    if (depth > 1 && /^\s*[{[]/.test(text)) yield* textsInJson(text, depth - 1);
    else yield text;
  }
}

function unescaped(lexeme: string, inner: string): string {
  try {
    // A string literal is a string.
    return JSON.parse(lexeme) as string;
  } catch {
    return inner;
  }
}
