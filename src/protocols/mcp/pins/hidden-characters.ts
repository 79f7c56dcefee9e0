import { removeControlCharacters } from '../../../masking/control-characters.ts';

/**
 * Characters that a reader of a tool's description does not see and a model reads: control and format characters, Tag
 * characters, selectors that select nothing. Joiners are part of words in many scripts and of emoji, marks of direction
 * belong to right-to-left text: there, and only there, they are what they seem.
 */
export function hiddenCharacters(text: string): readonly string[] {
  if (isPlain(text)) return [];
  const found = new Set<string>();
  for (const { 0: character, index } of text.matchAll(CANDIDATE)) {
    if (!isRightful(text, index, character)) found.add(codePoint(character));
  }
  for (const [run] of text.matchAll(STRANGE_RUN)) found.add(codePoint(run));
  // The masker's own list, so that whatever is taken out of a reply is also a finding.
  if (found.size === 0 && removeControlCharacters(text).removed > 0) found.add(removedFrom(text));
  return [...found];
}

/** Every character that could be hidden as `<U+200B>`: for people who look at the definition. */
export function spellOut(text: string): string {
  return isPlain(text)
    ? text
    : text.replace(CANDIDATE, (character, ...rest: unknown[]) => (isRightful(text, offsetIn(rest), character) ? character : `<${codePoint(character)}>`));
}

/** `replace` hands its callback the offset after the groups. */
const offsetIn = (rest: readonly unknown[]): number => rest.find((each) => typeof each === 'number') ?? 0;

const isPlain = (text: string): boolean => /^[\t\n\r\x20-\x7e]*$/.test(text);

/** Default-ignorable and control characters; tab, LF and CR are ordinary. */
const CANDIDATE =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class -- these are the characters that are looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u3164\uffa0\ufe00-\ufe0f\p{Cf}\u{e0000}-\u{e0fff}]/gu;

/** Two in a row of what never comes in twos carries bits. */
const STRANGE_RUN = /[\u200c\u200d]{2,}|[\u200e\u200f\u061c]{2,}|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2,}/gu;

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const JOINS = /[\p{L}\p{M}]$/u;
const NEVER_JOINS = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]$/u;
const EMOJI_BEFORE = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f|\u{e007f})$/u;
const EMOJI_AFTER = /^\p{Extended_Pictographic}/u;
const TAKES_SELECTOR =
  /[\p{Emoji}\p{So}\p{Sm}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Myanmar}\p{Script=Phags_Pa}\p{Script=Manichaean}\u3000-\u303f\uff00-\uffef]$/u;
/** Signs of numbers and verses in Arabic and Indic text: format characters that are drawn. */
const DRAWN = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;

function isRightful(text: string, index: number, character: string): boolean {
  const before = text.slice(Math.max(0, index - 2), index);
  const after = text.slice(index + character.length, index + character.length + 2);
  if (character === '\u200c' || character === '\u200d') return isJoiner(character, before, after);
  if (/[\u200e\u200f\u061c]/.test(character)) return RIGHT_TO_LEFT.test(text);
  if (/[\ufe00-\ufe0f]/.test(character)) return TAKES_SELECTOR.test(before);
  if (/[\u{e0100}-\u{e01ef}]/u.test(character)) return /\p{Ideographic}$/u.test(before);
  if (/[\u{e0020}-\u{e007f}]/u.test(character)) return isInFlag(text, index);
  if (/[\u180b-\u180f]/.test(character)) return /\p{Script=Mongolian}$/u.test(before);
  return DRAWN.test(character);
}

function isJoiner(character: string, before: string, after: string): boolean {
  if (character === '\u200d' && EMOJI_BEFORE.test(before) && EMOJI_AFTER.test(after)) return true;
  return JOINS.test(before) && !NEVER_JOINS.test(before);
}

/** Inside a flag that the masker leaves as it is. */
function isInFlag(text: string, index: number): boolean {
  const start = text.lastIndexOf('\u{1f3f4}', index);
  const [flag] = /^\u{1f3f4}[\u{e0020}-\u{e007f}]+/u.exec(text.slice(start < 0 ? index : start)) ?? [];
  return flag !== undefined && start + flag.length > index && removeControlCharacters(flag).removed === 0;
}

function removedFrom(text: string): string {
  const kept = removeControlCharacters(text).text;
  const at = [...text].findIndex((character, index) => character !== [...kept][index]);
  return codePoint([...text][at] ?? '');
}

const codePoint = (text: string): string => `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
