import { hasContext, type Detector, type Finding, type Probe } from '../detector.ts';
import { keySays } from '../key.ts';
import { matches } from '../matches.ts';

const CONTEXT =
  /\b(?:born|birth|birth ?dates?|birthdays?|dob|d o b|date of birth|geboren|geburtsdatum|geb|naissance|n[ée]e? le|nacimiento|nacid[oa]|nascimento|nascita|geboortedatum)\b|\bd\.o\.b\b/u;
/** Every word of `CONTEXT` holds one of these. */
const WORD = /born|birth|d.?o.?b|geb|naissance|n[ée]e? le|nac|nasc/i;
const MONTH = '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const DATE = new RegExp(
  `(?<![\\d./-])(?:(?<y>\\d{4})([-/.])(?<m>\\d{1,2})\\2(?<d>\\d{1,2})|(?<a>\\d{1,2})([-/. ])(?<b>\\d{1,2})\\6(?<c>\\d{4}|\\d{2})|(?:\\d{1,2}(?:st|nd|rd|th)?[ -](?:of )?)${MONTH}\\.?,?[ -]\\d{2,4}|${MONTH}\\.? \\d{1,2}(?:st|nd|rd|th)?,? \\d{4})(?![\\d/-])`,
  'gi',
);

/** Dates, only near a word that says that they are someone's birth. */
export const dateOfBirth: Detector = {
  name: 'date-of-birth',
  description: 'dates near a word such as born, birthday or date of birth',
  kinds: ['date-of-birth'],
  context: CONTEXT,
  fewestDigits: 3,
  mayFind: (features, key) => features.digits >= 3 && features.length >= 6 && (features.length >= 10 || keySays(key, CONTEXT)),
  find: findDates,
};

function findDates(probe: Probe): readonly Finding[] {
  if (!keySays(probe.key, CONTEXT) && !WORD.test(probe.text)) return [];
  return matches(probe.text, DATE)
    .filter((match) => isDate(match.groups ?? {}))
    .filter((match) => hasContext(probe, CONTEXT, match.index, match.index + match[0].length))
    .map((match) => ({ start: match.index, end: match.index + match[0].length, detector: 'date-of-birth', kind: 'date-of-birth', score: 0.8 }));
}

function isDate(parts: Readonly<Record<string, string | undefined>>): boolean {
  const { y, m, d, a, b } = parts;
  if (y !== undefined) return /^(?:18|19|20)/.test(y) && inRange(m, 12) && inRange(d, 31);
  return a === undefined || (inRange(a, 31) && inRange(b, 31) && (inRange(a, 12) || inRange(b, 12)));
}

function inRange(text: string | undefined, most: number): boolean {
  const value = Number(text);
  return value >= 1 && value <= most;
}
