import type { Detector, Finding, Probe } from '../detector.ts';
import { HAS } from '../features.ts';
import { matches } from '../matches.ts';

const MONTH = '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const TIME = String.raw`(?: (?:at )?\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\b)?)?`;
const YEAR = '(?:1[89]|20)\\d{2}';
const DATE = new RegExp(
  [
    String.raw`(?<![\w./:-])(?:${YEAR}-[01]\d-[0-3]\d|${YEAR}/[01]?\d/[0-3]?\d|[0-3]?\d([/.])[0-3]?\d\1(?:${YEAR}|\d{2}))${TIME}(?![\w/:-])`,
    String.raw`(?<![\w.-])[0-3]?\d(?:st|nd|rd|th)? (?:of )?${MONTH}\b\.?(?:,? ${YEAR})?${TIME}`,
    String.raw`\b${MONTH}\b\.? [0-3]?\d(?:st|nd|rd|th)?(?:,? ${YEAR})?${TIME}(?![\w/-])`,
    String.raw`\b${MONTH},? ${YEAR}\b`,
    String.raw`(?<=\b(?:in|since|during|of|until|from|by|before|after|a|the|year|around|circa) )${YEAR}(?![\w/%-]|[.,:]\d)`,
    String.raw`\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b`,
  ].join('|'),
  'gi',
);
const WEEKDAY = /day\b/i;
const WHOLE = /^[\d\s.:/-]+$/;

/** Dates in prose. A field that holds nothing but a date is masked by its place, or near its word by `date-of-birth`. */
export const dateTime: Detector = {
  name: 'date-time',
  description: 'dates, years and weekdays in prose; not a field that is nothing but a date, nor the time stamps of machines',
  kinds: ['date-time'],
  context: /\b(?:date|when|since|on)\b/,
  mayFind: (features) => (features.seen & HAS.space) !== 0 && (features.seen & HAS.letter) !== 0 && features.length >= 6,
  find: findDates,
};

function findDates({ text, features }: Probe): readonly Finding[] {
  if ((features.digits < 1 && !WEEKDAY.test(text)) || WHOLE.test(text)) return [];
  return matches(text, DATE)
    .filter((match) => match[0].length < text.length)
    .map((match) => ({ start: match.index, end: match.index + match[0].length, detector: 'date-time', kind: 'date-time', score: 0.55 }));
}
