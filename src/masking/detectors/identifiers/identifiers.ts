/**
 * Identifiers with a fixed layout: national numbers, numbers of accounts, devices and vehicles. Each is a row of a table
 * (`americas.ts`, `europe.ts`, ...). All rows that are wanted are looked for in one walk over a text: the lengths of its
 * parts and the separators between them lead to the few layouts that could stand there, however many rows there are.
 */
import type { Detector, Finding, Probe } from '../../detector.ts';
import type { Features } from '../../features.ts';
import { isDigit, isTimeStamp } from '../../digits.ts';
import { keySays } from '../../key.ts';
import { extendKey, fits, indexLayouts, isPart, MAX_PART, MAX_PARTS, separatorCode, type Layout, type LayoutIndex } from './layout.ts';
import { ANY_ID, NEAR, type IdentifierRule } from './rule.ts';

/** The fewest digits that any layout has. */
const MIN_DIGITS = 4;

/** Looks for all of the given kinds at once; findings carry the name of their kind. */
export function identifierDetector(name: string, description: string, rules: readonly IdentifierRule[]): Detector {
  const index = indexLayouts(rules);
  return {
    name,
    description,
    kinds: rules.map((rule) => rule.name),
    context: rules.length === 1 ? (rules[0]?.context ?? ANY_ID) : ANY_ID,
    fewestDigits: MIN_DIGITS,
    mayFind,
    find: (probe) => findIdentifiers(probe, index),
  };
}

const mayFind = (features: Features): boolean => features.digits >= MIN_DIGITS && features.length >= 8;

function findIdentifiers(probe: Probe, index: LayoutIndex): readonly Finding[] {
  const { text } = probe;
  if (isTimeStamp(text)) return NONE;
  const findings: Finding[] = [];
  let at = 0;
  while (at < text.length) {
    if (!isPart(text.charCodeAt(at)) || isEscape(text, at)) at += 1;
    else {
      addFindings(findings, probe, index, at);
      at = partEnd(text, at);
    }
  }
  return findings;
}

const NONE: readonly Finding[] = [];
/** The letter of `\\n`, which stands before a number in JSON that was not decoded. */
const isEscape = (text: string, at: number): boolean => at > 0 && text.charCodeAt(at - 1) === 0x5c && /[nrt]/.test(text[at] ?? '');

function partEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && isPart(text.charCodeAt(at))) at += 1;
  return at;
}

/** Adds the identifiers that begin with the part at `start`. They may overlap: all of them are masked. */
function addFindings(findings: Finding[], probe: Probe, index: LayoutIndex, start: number): void {
  const { text } = probe;
  let key = 0;
  let from = start;
  let before = 0;
  for (let parts = 0; parts < MAX_PARTS; parts += 1) {
    const end = partEnd(text, from);
    if (end === from || end - from > MAX_PART) return;
    key = extendKey(key, before, end - from);
    const layouts = index.get(key);
    if (layouts === undefined) return;
    const found = layouts.length > 0 ? judge(probe, layouts, start, end) : undefined;
    if (found) findings.push(found);
    if (end >= text.length) return;
    before = separatorCode(text.charCodeAt(end));
    if (before === 0) return;
    from = end + 1;
  }
}

function judge(probe: Probe, layouts: readonly Layout[], start: number, end: number): Finding | undefined {
  const written = probe.text.slice(start, end);
  const compact = (end - start > MAX_PART || /[^A-Za-z0-9]/.test(written) ? written.replace(/[^A-Za-z0-9]+/g, '') : written).toUpperCase();
  let best: Finding | undefined;
  let around: string | undefined;
  for (const { rule, alone, classes } of layouts) {
    if (!fits(compact, classes) || !rule.valid(compact)) continue;
    around ??= wordsAround(probe, start, end);
    const near = isNear(probe, rule.context, around) || isNear(probe, ANY_ID, around);
    const score = near ? Math.max(NEAR, alone) : alone;
    if (score > (best?.score ?? 0)) best = { start, end: closing(probe.text, end), detector: rule.name, kind: rule.name, score };
  }
  return best && standsAlone(probe.text, start, best.end) ? best : undefined;
}

/** A check digit in brackets takes the closing one with it. */
const closing = (text: string, end: number): number => (text[end] === ')' && /\([\dA-Z]$/i.test(text.slice(Math.max(0, end - 2), end)) ? end + 1 : end);

/** Not the middle of a longer number: a UUID, a decimal fraction, a path. */
function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.charCodeAt(start - 1);
  if ((before === 0x2d || before === 0x2e || before === 0x5f) && isPart(text.charCodeAt(start - 2))) return false;
  const after = text.charCodeAt(end);
  return !((after === 0x2d || after === 0x5f) && isPart(text.charCodeAt(end + 1))) && !(after === 0x2e && isDigit(text.charCodeAt(end + 1)));
}

const BEFORE = 48;
const AFTER = 24;

/** What stands before and after, lower case, each as a line of its own; empty where nothing does. */
function wordsAround({ text }: Probe, start: number, end: number): string {
  const before = start === 0 ? '' : text.slice(Math.max(0, start - BEFORE), start);
  const after = end >= text.length ? '' : text.slice(end, end + AFTER);
  return before === '' && after === '' ? '' : `${before}\n${after}`.toLowerCase().replace(/[_-]/g, ' ');
}

const isNear = (probe: Probe, context: RegExp, around: string): boolean => keySays(probe.key, context) || (around !== '' && context.test(around));
