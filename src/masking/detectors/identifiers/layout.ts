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
  if (code === 0x20 || code === 0xa0 || code === 0x2007 || code === 0x2009 || code === 0x202f) return 1;
  if (code === 0x2d || (code >= 0x2010 && code <= 0x2015) || code === 0x2212 || code === 0xad) return 2;
  if (code === 0x2e) return 3;
  if (code === 0x2f) return 4;
  if (code === 0x28) return 5;
  return code === 0x2b ? 6 : 0;
}

/** Extends the key of what came before by a separator and a part of that many characters. Exact below 2^53. */
export const extendKey = (key: number, separatorBefore: number, size: number): number => key * 151 + separatorBefore * 21 + size;

export const MAX_PART = 20;
/** More parts than any layout has would pass the range in which keys are exact. */
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
  for (let i = 0; i < classes.length; i += 1) {
    const wanted = classes.charCodeAt(i);
    const code = compact.charCodeAt(i);
    if (wanted === 0x39 ? !isDigit(code) : wanted === 0x41 && !isLetter(code)) return false;
  }
  return true;
}
