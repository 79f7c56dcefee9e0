/** What was found of what there was to find. */
export interface Score {
  readonly found: number;
  readonly missed: number;
  readonly wrong: number;
}

export const NOTHING: Score = { found: 0, missed: 0, wrong: 0 };

export const sum = (a: Score, b: Score): Score => ({ found: a.found + b.found, missed: a.missed + b.missed, wrong: a.wrong + b.wrong });

export const recall = ({ found, missed }: Score): number => found / (found + missed || 1);

export const precision = ({ found, wrong }: Score): number => found / (found + wrong || 1);

/** F-measure with recall four times as heavy as precision: a value that leaks costs more than a text masked in vain. */
export function f2(score: Score): number {
  const [p, r] = [precision(score), recall(score)];
  return p + r === 0 ? 0 : (5 * p * r) / (4 * p + r);
}
