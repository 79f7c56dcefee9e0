import { hasContext, THRESHOLD, type Detector, type Finding, type Probe } from '../detector.ts';
import { digitGroups, isDigit, isLetter, passesLuhn, separator, size, type Group } from '../digits.ts';

const MIN = 12;
const MAX = 19;
const CONTEXT = /\b(?:cards?|cc|credit|debit|visa|master ?card|amex|american express|discover|maestro|jcb|diners|pan|karte|tarjeta|carte)\b/;

/** Payment card numbers with a valid Luhn digit: of a known network anywhere, others only near a word that says so. */
export const creditCard: Detector = {
  name: 'credit-card',
  description: 'payment card numbers with a valid check digit: of a known network, or near their word',
  kinds: ['credit-card'],
  context: CONTEXT,
  fewestDigits: 12,
  mayFind: (features) => features.chain >= MIN,
  find: findCards,
};

function findCards(probe: Probe): readonly Finding[] {
  const groups = digitGroups(probe.text);
  const findings: Finding[] = [];
  for (let first = 0; first < groups.length; first += 1) {
    const card = cardFrom(probe, groups, first);
    if (!card) continue;
    findings.push(card.finding);
    first = card.last;
  }
  return findings;
}

interface Card {
  readonly finding: Finding;
  /** Index of its last group. */
  readonly last: number;
}

/** The card number that begins with group `first`: of several the surest, then the longest. */
function cardFrom(probe: Probe, groups: readonly Group[], first: number): Card | undefined {
  const { text } = probe;
  const start = groups[first]?.start ?? 0;
  let digits = '';
  let layout = '';
  let best: Card | undefined;
  for (let last = first; last < groups.length; last += 1) {
    const group = groups[last];
    const before = groups[last - 1];
    if (!group || size(group) > MAX - digits.length) break;
    if (last > first && before && separator(text, before, group) === undefined) break;
    digits += text.slice(group.start, group.end);
    layout += ` ${size(group)}`;
    if (digits.length < MIN || !passesLuhn(digits) || /^(\d)\1+$/.test(digits) || !standsAlone(text, start, group.end)) continue;
    const score = isKnown(digits, layout) ? 0.8 : hasContext(probe, CONTEXT, start, group.end) ? 0.7 : 0.2;
    if (score >= (best?.finding.score ?? THRESHOLD)) best = { finding: { start, end: group.end, detector: 'credit-card', kind: 'credit-card', score }, last };
  }
  return best;
}

/** Not a part of a word, of a decimal fraction or of a hexadecimal text. */
function standsAlone(text: string, start: number, end: number): boolean {
  if (isLetter(text.charCodeAt(end)) || (isLetter(text.charCodeAt(start - 1)) && !/\\[nrt]$/.test(text.slice(Math.max(0, start - 2), start)))) return false;
  return text[start - 1] !== '.' || !isDigit(text.charCodeAt(start - 2));
}

/** Issuer ranges of ISO/IEC 7812 that the large networks publish, in the lengths and groups they are printed in. */
const KNOWN =
  /^(?:4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14}|3(?:0[0-59]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12})$/;
const LAYOUTS = new Set([' 14', ' 15', ' 16', ' 4 4 4 4', ' 4 6 5', ' 4 6 4', ' 8 8']);

const isKnown = (digits: string, layout: string): boolean => KNOWN.test(digits) && LAYOUTS.has(layout);
