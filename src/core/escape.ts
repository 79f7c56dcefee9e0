/**
 * What may act on a terminal or on the eye: control characters (ANSI begins with one), characters that turn the
 * writing direction, invisible ones, line separators, and halves of surrogate pairs.
 */
// eslint-disable-next-line no-control-regex -- these are what it is about
export const ACTING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** One line of text from elsewhere, safe to print: every acting character as `\u{...}`. */
export function escapeText(text: string): string {
  return text.replace(ACTING, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON on one line that says the same, and neither acts on a terminal nor breaks the line for any reader. */
export function printableLine(value: unknown): string {
  return JSON.stringify(value).replace(ACTING, jsonEscapes);
}

/** A character as JSON writes it where it may not stand itself. */
export function jsonEscapes(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}
