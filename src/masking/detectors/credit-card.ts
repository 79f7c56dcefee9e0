import { hasContext, type Detector, type Finding, type Probe } from '../detector.ts';
import { digitGroups, isDigit, isLetter, onlyDigits, passesLuhn, separator, size, type Group } from '../digits.ts';

const MIN = 12;
const MAX = 19;
const CONTEXT = /\b(?:cards?|cc|credit|debit|visa|master ?card|amex|american express|discover|maestro|jcb|diners|pan|karte|tarjeta|carte)\b/;

/** Payment card numbers: written in one run or in groups, with a known issuer's prefix and length, and the Luhn digit. */
export const creditCard: Detector = {
  name: 'credit-card',
  description: 'payment card numbers with a valid issuer prefix, length and check digit',
  kinds: ['credit-card'],
  context: CONTEXT,
  mayFind: (features) => features.chain >= MIN,
  find: findCards,
};

function findCards(probe: Probe): readonly Finding[] {
  const groups = digitGroups(probe.text);
  const findings: Finding[] = [];
  for (let first = 0; first < groups.length; first += 1) {
    const last = cardFrom(probe, groups, first);
    if (last === undefined) continue;
    const start = groups[first]?.start ?? 0;
    const end = groups[last]?.end ?? start;
    const score = scoreOf(probe, start, end);
    if (score > 0) findings.push({ start, end, detector: 'credit-card', kind: 'credit-card', score });
    first = last;
  }
  return findings;
}

/** Index of the last group of a card number that begins with group `first`. The longest wins. */
function cardFrom(probe: Probe, groups: readonly Group[], first: number): number | undefined {
  let digits = '';
  let found: number | undefined;
  for (let last = first; last < groups.length; last += 1) {
    const group = groups[last];
    const before = groups[last - 1];
    if (!group || size(group) > MAX - digits.length) break;
    if (last > first && before && separator(probe.text, before, group) === undefined) break;
    digits += probe.text.slice(group.start, group.end);
    if (digits.length >= MIN && standsAlone(probe.text, groups[first] ?? group, group) && isCard(digits)) found = last;
  }
  return found;
}

/** Not a part of a word, of a decimal fraction or of a hexadecimal text. */
function standsAlone(text: string, first: Group, last: Group): boolean {
  if (isLetter(text.charCodeAt(first.start - 1)) && !/\\[nrt]$/.test(text.slice(Math.max(0, first.start - 2), first.start))) return false;
  if (isLetter(text.charCodeAt(last.end))) return false;
  const point = text[first.start - 1] === '.' && isDigit(text.charCodeAt(first.start - 2));
  return !point && !(text[last.end] === '.' && isDigit(text.charCodeAt(last.end + 1)) && first === last);
}

function scoreOf(probe: Probe, start: number, end: number): number {
  const digits = onlyDigits(probe.text.slice(start, end));
  if (/^(\d)\1+$/.test(digits)) return 0;
  const known =
    /^(?:4(?:\d{15}|\d{12})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14})$/.test(
      digits,
    );
  if (known) return 0.8;
  return hasContext(probe, CONTEXT, start, end) ? 0.8 : 0.3;
}

/** Issuer ranges of ISO/IEC 7812 as the networks publish them, with the lengths in use. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 18, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65|622|60|6[1-9]|81|82)/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|309|36|38|39)/, [14, 15, 16, 17, 18, 19]],
  [/^(?:352[89]|35[3-8])/, [16, 17, 18, 19]],
  [/^(?:2131|1800)/, [15]],
  [/^(?:50|5[6-9]|6)/, [12, 13, 14, 15, 16, 17, 18, 19]],
  [/^(?:220[0-4]|9792)/, [16, 17, 18, 19]],
  [/^1\d/, [15]],
];

function isCard(digits: string): boolean {
  return ISSUERS.some(([prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length)) && passesLuhn(digits);
}
