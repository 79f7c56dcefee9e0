/**
 * What may act on a terminal or on the eye: control characters (ANSI begins with one), characters that turn the
 * writing direction, invisible ones, line separators, and halves of surrogate pairs.
 */
// eslint-disable-next-line no-control-regex -- these are what it is about
const ACTING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** One line of text from elsewhere, safe to print: every acting character as `\u{...}`. */
export function escapeText(text: string): string {
  return text.replace(ACTING, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same for text of several lines: a line feed stays one. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

/** JSON that says the same and is safe to print. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(ACTING, (character) => (character === '\n' ? character : [...utf16(character)].map(jsonEscape).join('')));
}

function* utf16(text: string): Iterable<number> {
  for (let at = 0; at < text.length; at += 1) yield text.charCodeAt(at);
}

function jsonEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
