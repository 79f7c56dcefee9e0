import type { Detector } from '../detector.ts';
import { HAS } from '../features.ts';
import { matches } from '../matches.ts';

const URL = /(?<![\w@])(?:(?:https?|ftps?):\/\/|www\.(?=[\w-]{1,63}\.))[^\s"'`<>{}|\\^[\]]{2,2048}/gi;
/** What ends a sentence, or closes a bracket that was opened before, is not a part of the address. */
const TRAILING = /[.,;:!?)*]+$/;

/** Web addresses. */
export const url: Detector = {
  name: 'url',
  description: 'web addresses (http, https, ftp, www)',
  kinds: ['url'],
  context: /\b(?:url|website|web ?site|homepage|link|portfolio)\b/,
  mayFind: (features) => (features.dots > 0 || (features.seen & HAS.slash) !== 0) && features.length >= 9,
  find: ({ text }) =>
    text.includes('://') || /www\./i.test(text)
      ? matches(text, URL).map((match) => ({
          start: match.index,
          end: match.index + match[0].replace(TRAILING, '').length,
          detector: 'url',
          kind: 'url',
          score: 0.6,
        }))
      : [],
};
