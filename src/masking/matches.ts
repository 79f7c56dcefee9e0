const NONE: readonly RegExpExecArray[] = [];

/** All matches of a global pattern; as `matchAll`, which copies the pattern at every call. */
export function matches(text: string, pattern: RegExp): readonly RegExpExecArray[] {
  pattern.lastIndex = 0;
  let found: RegExpExecArray[] | undefined;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) (found ??= []).push(match);
  return found ?? NONE;
}
