import type { MaskRule } from '../core/decision.ts';
import type { JsonValue } from '../core/json.ts';
import { customDetectors } from './custom.ts';
import type { Detector } from './detector.ts';
import { DETECTORS, expandGroup } from './detectors.ts';
import { createMasker } from './masker.ts';

const KEY = new Uint8Array(32);

/**
 * Tells which kinds of values occur in a value, for rules that refuse them: names of detectors, of patterns and of words.
 * Each kind is looked for by itself, so that none hides behind another that overlaps it.
 */
export function createKindSearch(kinds: readonly string[], masks: readonly MaskRule[]): (value: JsonValue) => ReadonlySet<string> {
  const known: readonly Detector[] = [...DETECTORS, ...masks.flatMap(customDetectors)];
  const maskers = kinds.map((kind) => {
    const names = new Set(expandGroup(kind));
    const detectors = known.filter((detector) => names.has(detector.name));
    // The direction that masks secrets under any rules would look for them under every name.
    return { kind, names, masker: createMasker([{ fields: [], detect: [kind], operator: 'redact' }], { key: KEY, direction: 'reply', detectors }) };
  });
  return (value) => new Set(maskers.flatMap(({ kind, names, masker }) => (masker.json(value).applied.some(({ name }) => names.has(name)) ? [kind] : [])));
}
