import type { MaskOperator } from '../core/decision.ts';
import { THRESHOLD, type Detector, type Finding } from './detector.ts';
import type { Features } from './features.ts';
import type { KeyTraits } from './key.ts';
import { stricter } from './operator.ts';

/** A detector with what to do about what it finds. */
export interface Armed {
  readonly detector: Detector;
  readonly operator: MaskOperator;
  /** The detector's `fewestDigits`. */
  readonly digits?: number;
}

/** A stretch of text to replace; never overlaps another. */
export interface Hit extends Finding {
  readonly operator: MaskOperator;
}

const NONE: readonly Hit[] = [];

/** Every value that the detectors find in a text, in order. Overlapping ones become one, with the stricter operator. */
export function scan(text: string, features: Features, key: KeyTraits, armed: readonly Armed[]): readonly Hit[] {
  let hits: Hit[] | undefined;
  for (const { detector, operator, digits } of armed) {
    if ((digits !== undefined && features.digits < digits) || !detector.mayFind(features, key)) continue;
    for (const finding of detector.find({ text, features, key })) {
      if (finding.score >= THRESHOLD && finding.end > finding.start) (hits ??= []).push({ ...finding, operator });
    }
  }
  return hits === undefined ? NONE : hits.length === 1 ? hits : merge(hits);
}

function merge(hits: readonly Hit[]): readonly Hit[] {
  const merged: Hit[] = [];
  for (const hit of hits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last && hit.start < last.end) merged[merged.length - 1] = union(last, hit);
    else merged.push(hit);
  }
  return merged;
}

function union(a: Hit, b: Hit): Hit {
  const leading = b.score > a.score ? b : a;
  return { ...leading, start: a.start, end: Math.max(a.end, b.end), operator: stricter(a.operator, b.operator) };
}
