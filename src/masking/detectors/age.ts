import type { Detector, Finding, Probe } from '../detector.ts';
import { isTimeStamp } from '../digits.ts';
import { keySays } from '../key.ts';
import { matches } from '../matches.ts';

const KEY = /(?:^| )age$/;
const AGE = new RegExp(
  [
    String.raw`(?<![\w.,/-])(?<before>\d{1,3})(?=[ -]?(?:(?:years?|yrs?|months?)[ -](?:old|of age)|y\.?/?o\b|yo\b))`,
    String.raw`\b(?:aged?|age of|age is|ages|age:|turn(?:s|ed|ing)?|turned just) (?<word>\d{1,3})(?![\w%/-]|[.,:]\d)(?! (?:minutes|hours|days|weeks|times|degrees|percent))`,
    String.raw`\b(?:when|since|until|before|after) (?:i|he|she|they|you|we) (?:was|were) (?<when>\d{1,3})(?![\w%/-]|[.,:]\d)`,
    String.raw`\b(?:i am|i['’]m|(?:s?he) is|s?he['’]s) (?<is>\d{1,3})(?=\s*(?:[.!?;]|$|and\b|,\s))`,
  ].join('|'),
  'gi',
);
const WORD = /age|old|y\.?\/?o|turn|when|since|until|before|after|\bi\b|he is|he['’]s/i;
const OLDEST = 122;
/** As in `I'm 40`. */
const MIN_LETTERS = 2;

/** Ages of persons: `38-year-old`, `aged 54`, `just turned 60`. */
export const age: Detector = {
  name: 'age',
  description: 'ages of persons, by the words around them',
  kinds: ['age'],
  context: KEY,
  fewestDigits: 1,
  mayFind: (features, key) => features.digits > 0 && (features.letters >= MIN_LETTERS || keySays(key, KEY)),
  find: findAges,
};

function findAges({ text, key, features }: Probe): readonly Finding[] {
  if (keySays(key, KEY) && /^\d{1,3}$/.test(text)) return [finding(0, text.length)];
  if (features.letters < MIN_LETTERS || isTimeStamp(text) || !WORD.test(text)) return [];
  return matches(text, AGE).flatMap((match) => {
    const { before, word, when, is } = match.groups ?? {};
    const value = before ?? word ?? when ?? is ?? '';
    const start = match.index + match[0].length - value.length;
    return Number(value) <= OLDEST ? [finding(start, start + value.length)] : [];
  });
}

const finding = (start: number, end: number): Finding => ({ start, end, detector: 'age', kind: 'age', score: 0.6 });
