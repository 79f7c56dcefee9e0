import type { JsonValue } from './json.ts';

/** One kind of mask that was applied; never the value. `name` is a detector or the place's path. */
export interface MaskApplied {
  readonly by: 'field' | 'detector' | 'control-characters';
  readonly name: string;
  readonly count: number;
}

export interface Masked<T> {
  /** The same value (identical, not a copy) when nothing was masked. */
  readonly value: T;
  readonly applied: readonly MaskApplied[];
}

/** Rewrites values under one set of rules; built once per rule set and reused. Throws `masking_failed`: then nothing is released. */
export interface Masker {
  text(text: string): Masked<string>;
  json(value: JsonValue): Masked<JsonValue>;
  /** Texts that a reader puts side by side: a value split over two of them is found. */
  texts(texts: readonly string[]): Masked<readonly string[]>;
  /**
   * Only where rules need answers from outside, such as an analyzer's. `mask` runs with a masker that has them, more than
   * once if need be. Rejects with `masking_failed`. Called directly, the functions above then throw in a masker for replies,
   * and in one for requests go without those rules: for names and reasons, which the record quotes.
   */
  outside?<T>(mask: (masker: Masker) => T): Promise<T>;
}

/** What `mask` makes of a masker, with whatever has to be waited for. Costs nothing where nothing is outside. */
export function withMasker<T>(masker: Masker, mask: (masker: Masker) => T): T | Promise<T> {
  return masker.outside ? masker.outside(mask) : mask(masker);
}
