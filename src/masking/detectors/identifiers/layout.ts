import { isDigit, isLetter } from '../../digits.ts';
import type { IdentifierRule } from './rule.ts';

/** A way to write one identifier, ready to be compared. */
export interface Layout {
  readonly rule: IdentifierRule;
  /** Score with no word near. */
  readonly alone: number;
  /** One code a letter or digit: what may stand there. */
  readonly classes: string;
}

/** Layouts by the lengths of their parts and the separators between them; the beginnings of layouts are there too, empty. */
export type LayoutIndex = ReadonlyMap<number, readonly Layout[]>;

/** Different separators that mean the same have the same number; 0 is none. */
export function separatorCode(code: number): number {
  if (code < 128) return SEPARATORS[code] ?? 0;
  if (code === 0xa0 || code === 0x2007 || code === 0x2009 || code === 0x202f) return 1;
  return (code >= 0x2010 && code <= 0x2015) || code === 0x2212 || code === 0xad ? 2 : 0;
}

const SEPARATORS = Uint8Array.from({ length: 128 }, (_, code) => ' -./(+'.indexOf(String.fromCharCode(code)) + 1);
const PARTS = Uint8Array.from({ length: 128 }, (_, code) => (isDigit(code) || isLetter(code) ? 1 : 0));

/** A letter or a digit of ASCII; NaN, past the end, is none. */
export const isPart = (code: number): boolean => code < 128 && PARTS[code] === 1;

/** Extends the key of what came before by a separator and a part of that many characters. Two shapes may share a key: `fits` tells. */
export const extendKey = (key: number, separatorBefore: number, size: number): number => (Math.imul(key, 151) + separatorBefore * 21 + size) | 0;

export const MAX_PART = 20;
/** As many as any layout has. */
export const MAX_PARTS = 7;

export function indexLayouts(rules: readonly IdentifierRule[]): LayoutIndex {
  const index = new Map<number, Layout[]>();
  for (const rule of rules) for (const written of rule.layouts) addLayout(index, rule, written);
  return index;
}

function addLayout(index: Map<number, Layout[]>, rule: IdentifierRule, written: string): void {
  let key = 0;
  let before = 0;
  for (const part of written.split(/([^A9*])/)) {
    const code = separatorCode(part.charCodeAt(0));
    if (code > 0) before = code;
    else {
      key = extendKey(key, before, part.length);
      if (!index.has(key)) index.set(key, []);
    }
  }
  const alone = typeof rule.alone === 'number' ? rule.alone : (rule.alone?.[written] ?? 0);
  index.get(key)?.push({ rule, alone, classes: written.replace(/[^A9*]/g, '') });
}

export function fits(compact: string, classes: string): boolean {
  if (compact.length !== classes.length) return false;
  for (let i = 0; i < classes.length; i += 1) {
    const wanted = classes.charCodeAt(i);
    const code = compact.charCodeAt(i);
    if (wanted === 0x39 ? !isDigit(code) : wanted === 0x41 && !isLetter(code)) return false;
  }
  return true;
}
