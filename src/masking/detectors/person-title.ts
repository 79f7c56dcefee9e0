import type { Detector } from '../detector.ts';
import { HAS } from '../features.ts';
import { matches } from '../matches.ts';

const TITLE =
  /(?<![\p{L}\p{N}.])(?:(?:mr|mrs|ms|mx|dr|prof|messrs|rev|fr|sra?|dott|capt|lt|col|sgt|gen|hon)\.(?= ?\p{L})|(?:M(?:rs?|s|x|iss|me|lle|aster|adam)|Dr|Prof(?:essor)?|Sir|Dame|Lord|Lady|Rev(?:erend)?|Herr|Frau|Señora?|Sra?|Signora?|Monsieur|Madame|Judge|Senator|Captain)\.?(?= \p{Lu}))/giu;
/** The second half of `TITLE` is for capitals only, which `i` does not tell. */
const IS_TITLE = /^(?:[A-Z\p{Lu}]|[a-z]{2,6}\.$)/u;

/** Titles before a person's name. */
export const personTitle: Detector = {
  name: 'person-title',
  description: "titles before a person's name (Mr., Dr., Frau); professions need the external analyzer",
  kinds: ['person-title'],
  context: /\b(?:title|salutation|honorific)\b/,
  mayFind: (features) => (features.seen & HAS.space) !== 0 && (features.capitals >= 2 || features.dots > 0) && features.length >= 5,
  find: ({ text }) =>
    matches(text, TITLE)
      .filter((match) => IS_TITLE.test(match[0]))
      .map((match) => ({ start: match.index, end: match.index + match[0].length, detector: 'person-title', kind: 'person-title', score: 0.6 })),
};
