import { featuresOf } from './features.ts';
import { NO_KEY } from './key.ts';
import type { Engine, Pass } from './pass.ts';
import { scan, type Hit } from './scan.ts';

/**
 * Masks texts that a reader puts side by side. Each is masked by itself; a value that only shows when they are joined is
 * taken out of all of them: its replacement stands where it begins, and nothing of it stays in the others.
 */
export function maskTexts(texts: readonly string[], pass: Pass, engine: Engine): readonly string[] {
  if (texts.length < 2)
    return keepIdentity(
      texts,
      texts.map((text) => pass.text(text)),
    );
  const cleaned = texts.map((text) => pass.clean(text));
  const parts = jointHits(cleaned, engine).reduceRight((current, hit) => cut(current, hit, pass), partsOf(cleaned));
  return keepIdentity(
    texts,
    parts.map((part) => pass.text(part.text)),
  );
}

interface Part {
  readonly text: string;
  readonly start: number;
}

function partsOf(texts: readonly string[]): readonly Part[] {
  let start = 0;
  return texts.map((text) => {
    const part = { text, start };
    start += text.length;
    return part;
  });
}

/** Hits of the joined text that the texts by themselves do not show. */
function jointHits(texts: readonly string[], engine: Engine): readonly Hit[] {
  const joined = texts.join('');
  const hits = scan(joined, featuresOf(joined), NO_KEY, engine.armed);
  if (hits.length === 0) return hits;
  const alone = partsOf(texts).flatMap((part) =>
    scan(part.text, featuresOf(part.text), NO_KEY, engine.armed).map((hit) => ({ start: hit.start + part.start, end: hit.end + part.start })),
  );
  const shown = new Set(alone.map(({ start, end }) => `${start}-${end}`));
  return hits.filter((hit) => !shown.has(`${hit.start}-${hit.end}`));
}

/** Hits are cut from the last to the first, so that the starts of the parts before stay true. */
function cut(parts: readonly Part[], hit: Hit, pass: Pass): readonly Part[] {
  const value = parts.map((part) => part.text.slice(Math.max(0, hit.start - part.start), Math.max(0, hit.end - part.start))).join('');
  pass.tally.add('detector', hit.detector);
  let written = false;
  return parts.map((part) => {
    const from = Math.max(hit.start - part.start, 0);
    const to = Math.min(hit.end - part.start, part.text.length);
    if (from >= to) return part;
    const replacement = written ? '' : pass.instead(value, hit.kind, hit.operator);
    written = true;
    return { text: part.text.slice(0, from) + replacement + part.text.slice(to), start: part.start };
  });
}

function keepIdentity(before: readonly string[], after: readonly string[]): readonly string[] {
  return after.every((text, index) => text === before[index]) ? before : after;
}
