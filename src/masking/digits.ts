/** A run of digits. */
export interface Group {
  readonly start: number;
  readonly end: number;
}

/** Single characters that people put between the groups of one number, the invisible ones included. */
const SEPARATORS = new Set([
  ' ',
  '-',
  '.',
  '\u00a0',
  '\u2007',
  '\u2009',
  '\u202f',
  '\u2010',
  '\u2011',
  '\u2012',
  '\u2013',
  '\u2014',
  '\u2212',
  '\u00ad',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2060',
  '\ufeff',
]);

export function digitGroups(text: string): Group[] {
  const groups: Group[] = [];
  let start = -1;
  for (let at = 0; at <= text.length; at += 1) {
    if (isDigit(text.charCodeAt(at))) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      groups.push({ start, end: at });
      start = -1;
    }
  }
  return groups;
}

/** The separator between two neighbours, or undefined where something else stands there. */
export function separator(text: string, left: Group, right: Group): string | undefined {
  const between = text[left.end] ?? '';
  return right.start - left.end === 1 && SEPARATORS.has(between) ? between : undefined;
}

export const size = (group: Group): number => group.end - group.start;

/** NaN, which `charCodeAt` gives past the end, is no digit. */
export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

export function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

export const onlyDigits = (text: string): string => text.replace(/\D+/g, '');

/** ISO/IEC 7812-1 annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

const TIME_STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]{0,12}(?:Z|[+-]\d\d:?\d\d)?$/;

/** RFC 3339: most texts with many digits in a reply are that and nothing else. */
export const isTimeStamp = (text: string): boolean =>
  text.length > 15 && text.length < 40 && text.charCodeAt(10) === 0x54 && text.charCodeAt(4) === 0x2d && TIME_STAMP.test(text);
