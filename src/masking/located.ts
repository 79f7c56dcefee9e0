import type { Pass, Standing } from './pass.ts';

/** Where something is that would be masked: UTF-16 offsets in the whole text. */
export interface Located {
  readonly start: number;
  readonly end: number;
  /** What was found; `field` for a place. */
  readonly kind: string;
  readonly score: number;
}

/** From offsets in a decoded text to those in the whole text. */
export type ToWhole = (start: number, end: number) => { readonly start: number; readonly end: number };

/** A search of one text, perhaps inside another. */
export interface Search {
  readonly pass: Pass;
  readonly toWhole: ToWhole;
  readonly depth: number;
  inText(text: string, at: Standing, search: Search): readonly Located[];
}
