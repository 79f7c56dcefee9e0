/** Detectors that are rows of a table, alone and all in one. */
import type { Detector } from '../detector.ts';
import { AMERICAN_RULES } from './identifiers/americas.ts';
import { ASIA_PACIFIC_RULES } from './identifiers/asia-pacific.ts';
import { EUROPEAN_RULES } from './identifiers/europe.ts';
import { identifierDetector } from './identifiers/identifiers.ts';
import { BANK_RULES, DEVICE_RULES, MEDICAL_RULES } from './identifiers/other.ts';
import type { IdentifierRule } from './identifiers/rule.ts';
import { LABELLED_RULES, type LabelledRule } from './labelled-rules.ts';
import { labelledDetector } from './labelled.ts';

export const NATIONAL_RULES: readonly IdentifierRule[] = [...AMERICAN_RULES, ...EUROPEAN_RULES, ...ASIA_PACIFIC_RULES];
const IDENTIFIER_RULES: readonly IdentifierRule[] = [...NATIONAL_RULES, ...BANK_RULES, ...DEVICE_RULES, ...MEDICAL_RULES];

/** One detector a name: some names have a row in both tables. */
export function tabledDetectors(): readonly Detector[] {
  return namesIn([...IDENTIFIER_RULES, ...LABELLED_RULES]).map((name) => tabled([name]));
}

export const namesIn = (rules: readonly { readonly name: string }[]): readonly string[] => [...new Set(rules.map((rule) => rule.name))];

/**
 * The same detectors, those from tables made into one that looks for all of them in one walk: what a text costs does not
 * grow with the number of kinds. Findings are the same.
 */
export function joinTabled(detectors: readonly Detector[], tables: readonly Detector[]): readonly Detector[] {
  const rows = new Set(detectors.filter((detector) => tables.includes(detector)).map((detector) => detector.name));
  return rows.size < 2 ? detectors : [...detectors.filter((detector) => !tables.includes(detector)), tabled([...rows])];
}

/** One detector for all rows of these names. */
function tabled(names: readonly string[]): Detector {
  const byLayout = IDENTIFIER_RULES.filter((rule) => names.includes(rule.name));
  const byWord = LABELLED_RULES.filter((rule) => names.includes(rule.name));
  const parts = [...(byLayout.length > 0 ? [ofLayouts(byLayout)] : []), ...(byWord.length > 0 ? [ofWords(byWord)] : [])];
  return together(parts, names.length === 1 ? (names[0] ?? '') : 'identifiers');
}

const ofLayouts = (rules: readonly IdentifierRule[]): Detector => identifierDetector(rules[0]?.name ?? '', describe(rules), rules);
const ofWords = (rules: readonly LabelledRule[]): Detector => labelledDetector(rules[0]?.name ?? '', describe(rules), rules);
const describe = (rules: readonly { readonly description: string }[]): string => (rules.length === 1 ? (rules[0]?.description ?? '') : `${rules.length} kinds`);

function together(parts: readonly Detector[], name: string): Detector {
  const [first] = parts;
  if (first && parts.length === 1) return { ...first, name };
  return {
    name,
    description: first?.description ?? '',
    kinds: [...new Set(parts.flatMap((part) => part.kinds))],
    context: first?.context ?? /^$/,
    mayFind: (features, key) => parts.some((part) => part.mayFind(features, key)),
    find: (probe) => parts.flatMap((part) => (part.mayFind(probe.features, probe.key) ? part.find(probe) : [])),
  };
}
