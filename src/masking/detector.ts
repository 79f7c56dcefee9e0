import type { Features } from './features.ts';
import { keySays, type KeyTraits } from './key.ts';

/** A value that has to be masked: UTF-16 offsets in the text that was looked at. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  /** Name of the detector, as policy names it. */
  readonly detector: string;
  /** What exactly was found; it is written into the placeholder. */
  readonly kind: string;
  /** 0 to 1. */
  readonly score: number;
}

/** One text, and what is known of where it stands. */
export interface Probe {
  readonly text: string;
  readonly features: Features;
  /** Key of the JSON member that holds the text; `NO_KEY` in plain text. */
  readonly key: KeyTraits;
}

/** Finds one family of values by what they look like. */
export interface Detector {
  readonly name: string;
  readonly description: string;
  readonly kinds: readonly string[];
  /** Words near a value, or in its key, that raise its score. Tested on lower-case text with words parted by spaces. */
  readonly context: RegExp;
  /** No text with fewer digits holds such a value: where it is told, they are counted before anything else is asked. Default: 0. */
  readonly fewestDigits?: number;
  /** False only where `find` could find nothing: a test compares both answers. */
  mayFind(features: Features, key: KeyTraits): boolean;
  /** Findings in any order; those below the threshold are dropped by the caller. Linear in the length of the text. */
  find(probe: Probe): readonly Finding[];
}

/** What a finding must score to count. */
export const THRESHOLD = 0.5;

const BEFORE = 48;
const AFTER = 24;

/** Whether a context word stands in the key, shortly before the value, or right after it. */
export function hasContext(probe: Probe, context: RegExp, start: number, end: number): boolean {
  return keySays(probe.key, context) || wordNear(probe.text, context, start, end);
}

function wordNear(text: string, context: RegExp, start: number, end: number): boolean {
  if (start > 0 && context.test(before.words(text, Math.max(0, start - BEFORE), start))) return true;
  return end < text.length && context.test(after.words(text, end, end + AFTER));
}

/** Several detectors in turn ask for the words at the same place. */
function lastWords(): { words(text: string, start: number, end: number): string } {
  let last = { text: '', start: 0, end: 0, words: '' };
  return {
    words(text, start, end) {
      if (last.start !== start || last.end !== end || last.text !== text) last = { text, start, end, words: plain(text.slice(start, end)) };
      return last.words;
    },
  };
}

const before = lastWords();
const after = lastWords();

const plain = (text: string): string => text.toLowerCase().replace(/[_-]/g, ' ');
