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

/** Whether some text matches both patterns. */
export function globsMeet(a: string, b: string): boolean {
  // `reached[j]`: what came before in `a`, up to the row at hand, and the first j characters of `b` have a text in common.
  let reached = Array.from({ length: b.length + 1 }, (_, j) => /^\**$/.test(b.slice(0, j)));
  for (const character of a) {
    const next: boolean[] = [(reached[0] ?? false) && character === '*'];
    for (let j = 1; j <= b.length; j += 1) {
      const [before, above, left] = [reached[j - 1] ?? false, reached[j] ?? false, next[j - 1] ?? false];
      const other = b[j - 1];
      if (character === '*' || other === '*') next.push(before || above || left);
      else next.push(before && character === other);
    }
    reached = next;
  }
  return reached[b.length] ?? false;
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

/** An effect that nobody understood: no pattern allows it. */
export const isUnknown = (effect: string): boolean => /^unknown(?: |$)/i.test(effect);
