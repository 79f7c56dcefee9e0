import type { Masker } from '../../core/masker.ts';
import { withMasker } from '../../core/masker.ts';
import type { Secret } from '../../core/secret.ts';
import { knownValues } from '../../masking/known-values.ts';

/** Characters of a line that are told. */
const SHOWN = 300;

/**
 * What a server wrote last, as its operator may read it: without its credential (a server may print its environment when it fails),
 * masked as its replies are, and only then cut, so that no half of a secret is left at the end. Throws `masking_failed`.
 */
export async function readableWords(lines: readonly string[], env: Readonly<Record<string, Secret>>, masker: Masker): Promise<readonly string[]> {
  const credential = knownValues(Object.values(env).map((secret) => secret.reveal()));
  // Of a text it makes a text.
  const words = lines.map((line) => credential.remove(line, line) as string);
  return withMasker(masker, (ready) => ready.texts(words).value.map((line) => line.slice(0, SHOWN)));
}
