/** Detectors that are rows of a table, alone and all in one. */
import type { Detector } from '../detector.ts';
import { AMERICAN_RULES } from './identifiers/americas.ts';
import { ASIA_PACIFIC_RULES } from './identifiers/asia-pacific.ts';
import { EUROPEAN_RULES } from './identifiers/europe.ts';
import { identifierDetector } from './identifiers/identifiers.ts';
import { BANK_RULES, DEVICE_RULES, MEDICAL_RULES } from './identifiers/other.ts';
import type { IdentifierRule } from './identifiers/rule.ts';
import { LABELLED_RULES } from './labelled-rules.ts';
import { labelledDetector } from './labelled.ts';

export const NATIONAL_RULES: readonly IdentifierRule[] = [...AMERICAN_RULES, ...EUROPEAN_RULES, ...ASIA_PACIFIC_RULES];
const IDENTIFIER_RULES: readonly IdentifierRule[] = [...NATIONAL_RULES, ...BANK_RULES, ...DEVICE_RULES, ...MEDICAL_RULES];

/** One detector a name: some names have a row in both tables. */
export function tabledDetectors(): readonly Detector[] {
  return namesIn([...IDENTIFIER_RULES, ...LABELLED_RULES]).map(tabled);
}

export const namesIn = (rules: readonly { readonly name: string }[]): readonly string[] => [...new Set(rules.map((rule) => rule.name))];

/**
 * The same detectors, those of each table made into one that looks for all of its rows in one walk: what a text costs does
 * not grow with the number of kinds. Findings are the same.
 */
export function joinTabled(detectors: readonly Detector[], tables: readonly Detector[]): readonly Detector[] {
  const rows = new Set(detectors.filter((detector) => tables.includes(detector)).map((detector) => detector.name));
  return rows.size < 2 ? detectors : [...detectors.filter((detector) => !tables.includes(detector)), ...detectorsOf([...rows])];
}

/** The detector of one name. */
function tabled(name: string): Detector {
  const [first, second] = detectorsOf([name]);
  if (!first) throw new TypeError(`no row is called ${name}`);
  return second ? together(name, first, second) : { ...first, name };
}

/** One detector a table for all rows of these names. */
function detectorsOf(names: readonly string[]): readonly Detector[] {
  const byLayout = IDENTIFIER_RULES.filter((rule) => names.includes(rule.name));
  const byWord = LABELLED_RULES.filter((rule) => names.includes(rule.name));
  return [
    ...(byLayout.length > 0 ? [identifierDetector('identifiers', describe(byLayout), byLayout)] : []),
    ...(byWord.length > 0 ? [labelledDetector('labelled', describe(byWord), byWord)] : []),
  ];
}

const describe = (rules: readonly { readonly description: string }[]): string => (rules.length === 1 ? (rules[0]?.description ?? '') : `${rules.length} kinds`);

/** A kind with a row in both tables. */
function together(name: string, a: Detector, b: Detector): Detector {
  return {
    name,
    description: a.description,
    kinds: [name],
    context: a.context,
    mayFind: (features, key) => a.mayFind(features, key) || b.mayFind(features, key),
    find: (probe) => [a, b].flatMap((part) => (part.mayFind(probe.features, probe.key) ? part.find(probe) : [])),
  };
}
