/**
 * Values that only the word before them tells from any other number: a passport, a plate, an account. One walk finds the
 * words of all rows (`labelled-rules.ts`), and each looks at what stands behind it. In JSON the key is such a word, and the
 * whole value is judged.
 */
import type { Detector, Finding, Probe } from '../detector.ts';
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
  const inText = compiled.filter(({ rule }) => rule.words !== '');
  // One group a row tells whose word was found.
  const words = new RegExp(`(?<![a-z])(?:${inText.map(({ rule }) => `(${rule.words})`).join('|')})(?![a-z])`, 'gi');
  const keys = new RegExp(compiled.map(({ key }) => key.source).join('|'), 'u');
  return {
    name,
    description,
    kinds: rules.map((rule) => rule.name),
    context: keys,
    mayFind: (features, key) => mayHoldValue(features) || (features.length > 1 && keySays(key, keys)),
    find: (probe) => [...findByKey(probe, compiled, keys), ...(inText.length > 0 && mayHoldValue(probe.features) ? findByWord(probe.text, inText, words) : [])],
  };
}

const mayHoldValue = (features: Features): boolean => (features.digits >= MIN_DIGITS || features.capitals >= MIN_CAPITALS) && features.length >= 8;

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

function findByWord(text: string, rules: readonly Compiled[], words: RegExp): readonly Finding[] {
  const findings: Finding[] = [];
  words.lastIndex = 0;
  for (let match = words.exec(text); match; match = words.exec(text)) {
    const one = rules[match.findIndex((part, at) => at > 0 && part !== undefined) - 1];
    const found = one && valueAfter(text, one, words.lastIndex);
    if (!found) continue;
    findings.push(found);
    words.lastIndex = found.end;
  }
  return findings;
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
