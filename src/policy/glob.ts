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
  const tail = glob.rest[glob.rest.length - 1] ?? '';
  const end = text.length - tail.length;
  // The ends first: they are cheap and most patterns fail there.
  return end >= glob.prefix.length && text.startsWith(glob.prefix) && text.endsWith(tail) && holdsParts(glob.rest, text, glob.prefix.length, end);
}

/** Whether all parts but the last stand between `start` and `end`, in order and apart. */
function holdsParts(rest: readonly string[], text: string, start: number, end: number): boolean {
  let from = start;
  for (let i = 0; i < rest.length - 1; i += 1) {
    const part = rest[i] ?? '';
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
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
