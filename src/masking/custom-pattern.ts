import { RE2JS } from 're2js';
import type { MaskPattern } from '../core/decision.ts';
import { SallyportError } from '../core/error.ts';
import { hasContext, type Detector, type Finding } from './detector.ts';

/** What a value scores near a word of its context, more than by itself. */
const CONTEXT_ADDS = 0.4;
const NEVER = /(?!)/;

/**
 * One search is linear, but a search for all matches is not: each may look to the end of the text and take one character.
 * So a text is searched in stretches, and a stretch with too many matches is masked as a whole.
 */
const STRETCH = 2048;
const OVERLAP = 512;
const MAX_MATCHES = 256;

/** Values that a policy's own regular expression describes. Throws `resources_invalid` for one that RE2 does not take. */
export function patternDetector({ name, regex, context = [], score }: MaskPattern): Detector {
  const pattern = compile(name, regex);
  const words = contextOf(context);
  const alone = score ?? (context.length > 0 ? 0.3 : 0.8);
  return {
    name,
    description: `the policy's pattern ${name}`,
    kinds: [name],
    context: words,
    mayFind: (features) => features.length > 0,
    find: (probe) =>
      findAll(pattern, probe.text).map(({ start, end }): Finding => {
        const near = context.length > 0 && hasContext(probe, words, start, end);
        return { start, end, detector: name, kind: name, score: near ? Math.min(1, alone + CONTEXT_ADDS) : alone };
      }),
  };
}

function compile(name: string, regex: string): RE2JS {
  try {
    return RE2JS.compile(regex);
  } catch (cause) {
    throw new SallyportError('resources_invalid', `the pattern ${name} is no regular expression that RE2 takes`, { cause });
  }
}

function contextOf(words: readonly string[]): RegExp {
  if (words.length === 0) return NEVER;
  const spoken = words.map((word) => RegExp.escape(word.toLowerCase().replace(/[_-]/g, ' ')));
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${spoken.join('|')})(?![\\p{L}\\p{N}])`, 'u');
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

function findAll(pattern: RE2JS, text: string): readonly Stretch[] {
  const found: Stretch[] = [];
  for (let from = 0; from < text.length;) {
    const to = Math.min(text.length, from + STRETCH);
    const last = to === text.length;
    // What begins in the overlap is looked for again, with all of its text in sight.
    const until = last ? to : to - OVERLAP;
    from = Math.max(findIn(pattern, text.slice(0, to), { from, until }, found), until);
    if (last) break;
  }
  return found;
}

/** Adds the matches that begin in `within`; gives where the last one ends. The text before is kept for `^` and `\b`. */
function findIn(pattern: RE2JS, text: string, within: { readonly from: number; readonly until: number }, found: Stretch[]): number {
  const matcher = pattern.matcher(text);
  let at = within.from;
  let matches = 0;
  while (at < within.until && matcher.find(at)) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (start >= within.until) break;
    matches += 1;
    if (matches > MAX_MATCHES) {
      found.push({ start: within.from, end: within.until });
      return within.until;
    }
    if (end > start) found.push({ start, end });
    at = Math.max(end, start + 1);
  }
  return at;
}
