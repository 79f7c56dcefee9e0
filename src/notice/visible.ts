/**
 * Everything that a reader cannot see, that turns the direction of others, that a terminal obeys, or that looks like a space
 * and is none, written out as `\u{...}`. By Unicode property, so that new characters are covered.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
