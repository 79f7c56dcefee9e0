/**
 * Globs of policy patterns: `*` matches any characters, `/` and spaces too; everything else is itself.
 * Linear in the text, whatever the pattern: each literal part is looked for once, leftmost first.
 */
export interface Glob {
  /** The text before the first `*`; the whole pattern where there is none. */
  readonly prefix: string;
  /** The literal parts after the first `*`, in order; undefined where the pattern has no `*`. */
  readonly rest: readonly string[] | undefined;
}

export function compileGlob(pattern: string): Glob {
  const [prefix = '', ...rest] = pattern.split('*');
  return { prefix, rest: rest.length === 0 ? undefined : rest };
}

export function matchesGlob(glob: Glob, text: string): boolean {
  if (glob.rest === undefined) return text === glob.prefix;
  return text.startsWith(glob.prefix) && matchesRest(glob.rest, text, glob.prefix.length);
}

function matchesRest(rest: readonly string[], text: string, start: number): boolean {
  let from = start;
  const last = rest.length - 1;
  for (let i = 0; i < last; i += 1) {
    const part = rest[i] ?? '';
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  const tail = rest[last] ?? '';
  return text.length - tail.length >= from && text.endsWith(tail);
}

/**
 * One spelling for what readers take for the same: used where a pattern refuses (deny, review), never where it allows.
 * Upper-casing first also folds letters such as the long s; NFKC folds full-width forms.
 */
export function foldCase(text: string): string {
  return isAscii(text) ? text.toLowerCase() : text.normalize('NFKC').toUpperCase().toLowerCase();
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
