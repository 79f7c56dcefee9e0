import { countrySpecs } from 'ibantools';
import type { Detector, Finding, Probe } from '../detector.ts';
import { matches } from '../matches.ts';

const START = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g;
const MAX_TEXT = 50;

/** International bank account numbers in either case, in one run or grouped. */
export const iban: Detector = {
  name: 'iban',
  description: 'international bank account numbers with the length of their country and valid check digits',
  kinds: ['iban'],
  context: /\b(?:iban|bank account|account number|konto)\b/,
  fewestDigits: 4,
  mayFind: (features) => features.digits >= 4 && features.length >= 15,
  find: findIbans,
};

function findIbans({ text }: Probe): readonly Finding[] {
  const findings: Finding[] = [];
  let from = 0;
  for (const match of matches(text, START)) {
    if (match.index < from) continue;
    const end = ibanEnd(text, match.index);
    if (end === undefined) continue;
    findings.push({ start: match.index, end, detector: 'iban', kind: 'iban', score: 0.95 });
    from = end;
  }
  return findings;
}

/** Where the IBAN that begins at `start` ends. */
function ibanEnd(text: string, start: number): number | undefined {
  const country = countrySpecs[text.slice(start, start + 2).toUpperCase()];
  const length = country?.chars ?? 0;
  let compact = '';
  let at = start;
  for (; compact.length < length && at < text.length && at - start < MAX_TEXT; at += 1) {
    const character = text[at] ?? '';
    if (/[A-Za-z0-9]/.test(character)) compact += character.toUpperCase();
    else if (!/[ \u00a0-]/.test(character) || /[ \u00a0-]/.test(text[at - 1] ?? '')) return undefined;
  }
  if (length === 0 || compact.length !== length || /[A-Za-z0-9]/.test(text[at] ?? '')) return undefined;
  return new RegExp(country?.bban_regexp ?? '^$').test(compact.slice(4)) && hasValidChecksum(compact) ? at : undefined;
}

/** ISO 13616: the rearranged number, letters as 10 to 35, leaves 1 when divided by 97. */
function hasValidChecksum(compact: string): boolean {
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
