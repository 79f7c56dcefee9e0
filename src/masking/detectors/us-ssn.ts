import { hasContext, type Detector, type Finding, type Probe } from '../detector.ts';
import { digitGroups, isLetter, separator, size, type Group } from '../digits.ts';

const CONTEXT = /\b(?:ssn|ssns|social security|social sec|soc sec|ss#|tax ?id|taxpayer|itin|tin)\b|\bss#/;

/** US social security numbers: 3-2-4 digits, with the ranges that are never issued left out. */
export const usSsn: Detector = {
  name: 'us-ssn',
  description: 'US social security numbers; nine digits in one run only near a word that says so',
  kinds: ['us-ssn'],
  context: CONTEXT,
  fewestDigits: 9,
  mayFind: (features) => features.chain >= 9,
  find: findSsns,
};

function findSsns(probe: Probe): readonly Finding[] {
  const groups = digitGroups(probe.text);
  return groups.flatMap((group, index) => {
    const last = size(group) === 9 ? group : lastOfThree(probe.text, groups, index);
    if (!last || !standsAlone(probe.text, group, last)) return [];
    const digits = probe.text.slice(group.start, last.end).replace(/\D+/g, '');
    const score = isIssuable(digits) ? scoreOf(probe, group, last) : 0;
    return score > 0 ? [{ start: group.start, end: last.end, detector: 'us-ssn', kind: 'us-ssn', score }] : [];
  });
}

/** The third group, where three of 3, 2 and 4 digits stand with the same separator and no fourth is tied to them. */
function lastOfThree(text: string, groups: readonly Group[], index: number): Group | undefined {
  const [before, a, b, c, after] = [groups[index - 1], groups[index], groups[index + 1], groups[index + 2], groups[index + 3]];
  if (!a || !b || !c || size(a) !== 3 || size(b) !== 2 || size(c) !== 4) return undefined;
  const sign = separator(text, a, b);
  if (sign === undefined || separator(text, b, c) !== sign) return undefined;
  const tied = sign !== ' ' && ((before && separator(text, before, a) === sign) || (after && separator(text, c, after) === sign));
  return tied ? undefined : c;
}

function standsAlone(text: string, first: Group, last: Group): boolean {
  const escaped = /\\[nrt]$/.test(text.slice(Math.max(0, first.start - 2), first.start));
  return (escaped || !isLetter(text.charCodeAt(first.start - 1))) && !isLetter(text.charCodeAt(last.end));
}

/** Social Security Administration: no area 000, 666 or 900-999, no group 00, no serial 0000. */
function isIssuable(digits: string): boolean {
  return /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(digits);
}

function scoreOf(probe: Probe, first: Group, last: Group): number {
  if (hasContext(probe, CONTEXT, first.start, last.end)) return 0.9;
  if (size(first) === 9) return 0.1;
  return /^\d+[-\u2010-\u2015\u2212]/.test(probe.text.slice(first.start, last.end)) ? 0.6 : 0.4;
}
