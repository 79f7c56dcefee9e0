import type { MaskRule } from '../core/decision.ts';
import type { Detector } from './detector.ts';
import { patternDetector } from './custom-pattern.ts';
import { wordsDetector } from './custom-words.ts';

const made = new WeakMap<MaskRule, readonly Detector[]>();

/** The detectors that a rule brings along: its pattern, its words. Compiled once for each rule. */
export function customDetectors(rule: MaskRule): readonly Detector[] {
  const known = made.get(rule);
  if (known) return known;
  const detectors = [...(rule.pattern ? [patternDetector(rule.pattern)] : []), ...(rule.words ? [wordsDetector(rule.words)] : [])];
  made.set(rule, detectors);
  return detectors;
}
