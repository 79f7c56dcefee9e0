/**
 * Masking: rewrites values on their way to the caller and to the record. Rules by place (JSON paths) and by value
 * (detectors) are compiled once into an engine; each call is one pass over a value. The pipeline and the protocols call
 * it through core's `Masker`; it knows nothing of protocols, policies or subjects. It fails closed: whatever goes wrong
 * inside is `masking_failed`, and nothing is released.
 */
import type { MaskOperator, MaskRule } from '../core/decision.ts';
import { SallyportError } from '../core/error.ts';
import type { Masked, Masker } from '../core/masker.ts';
import { customDetectors } from './custom.ts';
import type { Analyzer } from './analyzer.ts';
import type { Detector } from './detector.ts';
import { DETECTORS, expandGroup } from './detectors.ts';
import { joinArmed } from './joint.ts';
import { createKeyReader } from './key.ts';
import { maskTexts } from './join.ts';
import { stricter } from './operator.ts';
import { absentDetector, maskOutside } from './outside.ts';
import { Pass, type Engine } from './pass.ts';
import { parsePath } from './path.ts';
import { rootPlace, type PlaceRule } from './place.ts';
import type { Armed } from './scan.ts';

export interface MaskerOptions {
  /** Key of `hash` and `fake`: equal values stay equal as long as it stays. */
  readonly key: Uint8Array;
  /**
   * `reply`: what goes to the caller; control characters are removed under any rules.
   * `request`: what the caller sent, for the record and for approvers; secrets are masked under any rules.
   */
  readonly direction: 'reply' | 'request';
  /** The detectors that rules may name. Default: all that are built in. */
  readonly detectors?: readonly Detector[];
  /** Serves the kinds that need a language model; rules that name one make the masker ask outside. */
  readonly analyzer?: Analyzer;
}

/** Built once per rule set and kept by the caller. Throws `resources_invalid` for an unknown detector or a path that is none. */
export function createMasker(rules: readonly MaskRule[], options: MaskerOptions): Masker {
  const { analyzer, direction, detectors = DETECTORS, ...rest } = options;
  const outside = analyzer?.kinds.filter((kind) => rules.some((rule) => rule.detect.includes(kind))) ?? [];
  const make = (others: readonly Detector[]): Masker => localMasker(rules, { ...rest, direction, detectors: [...detectors, ...others] });
  if (!analyzer || outside.length === 0) return make([]);
  const direct = make(outside.map((kind) => absentDetector(kind, direction === 'reply' ? 'fails' : 'passes')));
  return { ...direct, outside: (mask) => maskOutside(analyzer, make, mask) };
}

function localMasker(rules: readonly MaskRule[], options: MaskerOptions): Masker {
  const engine = createEngine(rules, options);
  return {
    text: (text) => run(engine, text, (pass) => pass.text(text)),
    json: (value) => run(engine, value, (pass) => pass.json(value)),
    texts: (texts) => run(engine, texts, (pass) => maskTexts(texts, pass, engine)),
  };
}

export function createEngine(rules: readonly MaskRule[], options: MaskerOptions): Engine {
  const custom = armCustom(rules);
  const places: readonly PlaceRule[] = rules.flatMap((rule) => rule.fields.map((field) => ({ path: parsePath(field), operator: rule.operator })));
  return {
    armed: custom.length === 0 ? armDetectors(rules, options) : [...armDetectors(rules, options), ...custom],
    custom,
    root: rootPlace(places),
    hashKey: options.key,
    cleans: options.direction === 'reply',
    readKey: createKeyReader(),
  };
}

function armDetectors(rules: readonly MaskRule[], { detectors = DETECTORS, direction }: MaskerOptions): readonly Armed[] {
  const operators = new Map<string, MaskOperator>();
  for (const { detect, operator } of rules) {
    for (const name of detect.flatMap(expandGroup)) {
      const before = operators.get(name);
      operators.set(name, before ? stricter(before, operator) : operator);
    }
  }
  if (direction === 'request' && !operators.has('secret')) operators.set('secret', 'redact');
  return joinArmed([...operators].map(([name, operator]) => ({ detector: detectorNamed(name, detectors), operator })));
}

function armCustom(rules: readonly MaskRule[]): readonly Armed[] {
  return rules.flatMap((rule) => customDetectors(rule).map((detector) => ({ detector, operator: rule.operator })));
}

function detectorNamed(name: string, detectors: readonly Detector[]): Detector {
  const detector = detectors.find((candidate) => candidate.name === name);
  if (detector) return detector;
  throw new SallyportError('resources_invalid', `no detector is called ${JSON.stringify(name.slice(0, 80))}`, {
    hint: `detectors: ${detectors.map((known) => known.name).join(', ')}`,
  });
}

function run<T>(engine: Engine, value: T, mask: (pass: Pass) => T): Masked<T> {
  const pass = new Pass(engine);
  try {
    const masked = mask(pass);
    return { value: masked === value ? value : masked, applied: pass.tally.applied() };
  } catch (cause) {
    throw new SallyportError('masking_failed', 'the value could not be masked', { cause });
  }
}
