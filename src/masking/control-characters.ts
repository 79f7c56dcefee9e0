interface Cleaned {
  readonly text: string;
  /** UTF-16 code units that were taken out. */
  readonly removed: number;
}

/** Flags of England, Scotland and Wales (Unicode RGI set): the only sequences in which Tag characters are legitimate. */
const TAG_FLAG =
  /^\u{1f3f4}(?:\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}|\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}|\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073})\u{e007f}$/u;

/**
 * What a reader does not see and a terminal or a model obeys: C0 (not tab, LF, CR), DEL and C1, bidirectional embeddings,
 * overrides and isolates, Tag characters, variation selectors that select nothing. ZWJ and ZWNJ are part of words and stay.
 */
const SUSPECT =
  // eslint-disable-next-line no-control-regex -- these are the characters to remove
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+|\u{1f3f4}[\u{e0000}-\u{e007f}]+|[\u{e0000}-\u{e007f}]+|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]+/gu;

const SELECTOR = /^[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
const TAKES_IDEOGRAPHIC_VARIANT = /\p{Ideographic}$/u;

export function removeControlCharacters(text: string): Cleaned {
  let removed = 0;
  const cleaned = text.replace(SUSPECT, (run: string, offset: number) => {
    const kept = keptOf(run, text.slice(Math.max(0, offset - 2), offset));
    removed += run.length - kept.length;
    return kept;
  });
  return removed === 0 ? { text, removed } : { text: cleaned, removed };
}

function keptOf(run: string, before: string): string {
  if (SELECTOR.test(run)) return keptSelector(run, before);
  if (!run.startsWith('\u{1f3f4}')) return '';
  return TAG_FLAG.test(run) ? run : '\u{1f3f4}';
}

/** One selector after a character that can take it; a run of them carries hidden bytes. */
function keptSelector(run: string, before: string): string {
  const first = String.fromCodePoint(run.codePointAt(0) ?? 0);
  const fits = first.length === 1 ? /\S$/u.test(before) : TAKES_IDEOGRAPHIC_VARIANT.test(before);
  return fits ? first : '';
}
