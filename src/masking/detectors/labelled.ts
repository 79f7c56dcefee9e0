/**
 * Values that only the word before them tells from any other number: a passport, a plate, an account. One walk finds the
 * words of all rows (`labelled-rules.ts`), and each looks at what stands behind it. In JSON the key is such a word, and the
 * whole value is judged.
 */
import type { Detector, Finding, Probe } from '../detector.ts';
import { isLetter } from '../digits.ts';
import type { Features } from '../features.ts';
import { keySays, type KeyTraits } from '../key.ts';
import type { LabelledRule } from './labelled-rules.ts';

interface Compiled {
  readonly rule: LabelledRule;
  readonly key: RegExp;
  readonly whole: RegExp;
  readonly after: RegExp;
}

const MIN_DIGITS = 3;
/** A bank's code may have no digit at all. */
const MIN_CAPITALS = 8;

/** Looks for all of the given kinds at once; findings carry the name of their kind. */
export function labelledDetector(name: string, description: string, rules: readonly LabelledRule[]): Detector {
  const compiled = rules.map(compile);
  const inText = compiled.filter(({ rule }) => rule.words.length > 0);
  const words = wordFinder(inText);
  const keys = new RegExp(compiled.map(({ key }) => key.source).join('|'), 'u');
  return {
    name,
    description,
    kinds: rules.map((rule) => rule.name),
    context: keys,
    mayFind: (features, key) => mayHoldValue(features) || (features.length > 1 && keySays(key, keys)),
    find: (probe) => [...findByKey(probe, compiled, keys), ...(words && mayHoldValue(probe.features) ? findByWord(probe.text, words) : [])],
  };
}

const mayHoldValue = (features: Features): boolean =>
  (features.digits >= MIN_DIGITS || features.capitals >= MIN_CAPITALS) && features.letters >= 3 && features.length >= 6;

function compile(rule: LabelledRule): Compiled {
  return {
    rule,
    key: new RegExp(`(?:^| )(?:${rule.keys})(?:$| \\d+$)`, 'u'),
    whole: new RegExp(`^\\s*(?:${rule.value})\\s*$`, 'iu'),
    after: new RegExp(`${FILLER}(${rule.value})(?![\\p{L}\\p{N}_]|[-/.]\\d)`, 'iuy'),
  };
}

/** What stands between a word and its value: `number is: `, `#`, `no. = `, a quote. */
const FILLER = String.raw`[^\p{L}\p{N}\n]{0,3}\n?[^\p{L}\p{N}\n]{0,3}(?:(?:numbers?|num|nr|no|id|ids|code|codes|card|is|was|are|of|the|my|for|with|reads)(?![\p{L}\p{N}])[^\p{L}\p{N}]{0,4}){0,4}`;

function findByKey({ text, key }: Probe, rules: readonly Compiled[], keys: RegExp): readonly Finding[] {
  if (!keySays(key, keys) || text.length > 200) return NONE;
  return rules.filter((one) => saysOnly(key, one) && one.whole.test(text) && holds(text, one.rule)).map(({ rule }) => finding(rule, 0, text.length));
}

const saysOnly = (key: KeyTraits, { rule, key: words }: Compiled): boolean => keySays(key, words) && !(rule.unless && keySays(key, rule.unless));

const NONE: readonly Finding[] = [];

/** Finds the words of all rows: only where a word begins as one of them does is the pattern tried. */
interface WordFinder {
  readonly rules: readonly Compiled[];
  /** One group a row tells whose word it is. */
  readonly pattern: RegExp;
  /** First two letters of the words, each pair a bit. */
  readonly beginnings: Uint8Array;
}

function wordFinder(rules: readonly Compiled[]): WordFinder | undefined {
  if (rules.length === 0) return undefined;
  const beginnings = new Uint8Array(PAIRS);
  for (const word of rules.flatMap(({ rule }) => rule.words)) beginnings[pairAt(word, 0)] = 1;
  const groups = rules.map(
    ({ rule }) =>
      `(${rule.words
        .toSorted((a, b) => b.length - a.length)
        .map(wordPattern)
        .join('|')})`,
  );
  return { rules, pattern: new RegExp(`(?:${groups.join('|')})(?![\\p{L}])`, 'iuy'), beginnings };
}

const wordPattern = (word: string): string =>
  word
    .split(' ')
    .map((part) => RegExp.escape(part))
    .join('[ _-]?');

const PAIRS = 32 * 32;

/** The first two letters as one number; what is no ASCII letter counts by its last bits. */
const pairAt = (text: string, at: number): number => ((text.charCodeAt(at) & 31) << 5) | (text.charCodeAt(at + 1) & 31);

function findByWord(text: string, { rules, pattern, beginnings }: WordFinder): readonly Finding[] {
  const findings: Finding[] = [];
  for (let at = 0, inWord = false; at < text.length; at += 1) {
    const letter = isLetter(text.charCodeAt(at));
    if (letter && !inWord && beginnings[pairAt(text, at)] === 1) {
      const found = foundAt(text, at, rules, pattern);
      if (found) findings.push(found);
    }
    inWord = letter;
  }
  return findings;
}

function foundAt(text: string, at: number, rules: readonly Compiled[], pattern: RegExp): Finding | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  const one = match && rules[match.findIndex((part, group) => group > 0 && part !== undefined) - 1];
  return one ? valueAfter(text, one, pattern.lastIndex) : undefined;
}

function valueAfter(text: string, { rule, after }: Compiled, at: number): Finding | undefined {
  after.lastIndex = at;
  const match = after.exec(text);
  const value = match?.[1] ?? '';
  return match && holds(value, rule) ? finding(rule, after.lastIndex - value.length, after.lastIndex) : undefined;
}

function holds(value: string, rule: LabelledRule): boolean {
  return value.replace(/\D+/g, '').length >= rule.digits && (rule.valid?.(value.replace(/[^A-Za-z0-9]/g, '').toUpperCase()) ?? true);
}

const finding = ({ name }: LabelledRule, start: number, end: number): Finding => ({ start, end, detector: name, kind: name, score: 0.7 });
