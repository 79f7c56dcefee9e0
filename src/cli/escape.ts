import { ACTING, escapeText, jsonEscapes } from '../core/escape.ts';

export { escapeText };

/** The same for text of several lines: a line feed stays one. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

/** JSON that says the same and is safe to print. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(ACTING, (character) => (character === '\n' ? character : jsonEscapes(character)));
}
