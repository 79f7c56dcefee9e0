import { SallyportError } from '../core/error.ts';
import type { Masker } from '../core/masker.ts';
import type { Analyzer } from './analyzer.ts';
import type { Detector, Finding } from './detector.ts';
import { HAS } from './features.ts';

/** Masking can change what is left to analyze (a value joined from two texts); it comes to rest after a round or two. */
const MAX_ROUNDS = 4;

/** Makes a masker with these detectors in the place of those that are outside. */
export type MakeMasker = (detectors: readonly Detector[]) => Masker;

/**
 * Runs `mask` with detectors that know what the analyzer said. A text that they do not know is noted; after the run the
 * analyzer is asked for all of them at once, and `mask` runs again.
 */
export async function maskOutside<T>(analyzer: Analyzer, make: MakeMasker, mask: (masker: Masker) => T): Promise<T> {
  const known = new Map<string, readonly Finding[]>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const missing = new Set<string>();
    const result = mask(make(analyzer.kinds.map((kind) => analyzed(kind, known, missing))));
    if (missing.size === 0) return result;
    const texts = [...missing];
    const found = await analyzer.analyze(texts).catch((cause: unknown) => {
      // Which service failed, and how, is for the operator.
      throw new SallyportError('masking_failed', 'the value could not be masked', { cause });
    });
    texts.forEach((text, index) => known.set(text, found[index] ?? []));
  }
  throw new SallyportError('masking_failed', 'the analyzer was asked again and again for one message');
}

/** Stands for the analyzer where it must not be asked: it fails, or finds nothing. */
export function absentDetector(name: string, onUse: 'fails' | 'passes'): Detector {
  return outsideDetector(name, () => {
    if (onUse === 'passes') return [];
    throw new SallyportError('masking_failed', `${name} needs the analyzer, which was not asked`);
  });
}

function analyzed(name: string, known: ReadonlyMap<string, readonly Finding[]>, missing: Set<string>): Detector {
  return outsideDetector(name, (text) => {
    const findings = known.get(text);
    if (!findings) missing.add(text);
    return findings?.filter(({ detector }) => detector === name) ?? [];
  });
}

function outsideDetector(name: string, find: (text: string) => readonly Finding[]): Detector {
  return {
    name,
    description: 'found by the external analyzer',
    kinds: [name],
    context: /(?!)/,
    // A language model has nothing to say about a text without letters.
    mayFind: ({ seen, length }) => length > 1 && (seen & (HAS.letter | HAS.wide)) !== 0,
    find: ({ text }) => find(text),
  };
}
