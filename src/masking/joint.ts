import type { MaskOperator } from '../core/decision.ts';
import { joinDetectors } from './detectors.ts';
import type { Armed } from './scan.ts';

/** The same detectors with the same operators, in as few walks over a text as can be. */
export function joinArmed(armed: readonly Armed[]): readonly Armed[] {
  const operators = new Set<MaskOperator>(armed.map(({ operator }) => operator));
  return [...operators].flatMap((operator) =>
    joinDetectors(armed.filter((one) => one.operator === operator).map((one) => one.detector)).map((detector) => ({
      detector,
      operator,
      digits: detector.fewestDigits ?? 0,
    })),
  );
}
