import type { MaskRule } from '../core/decision.ts';
import { SallyportError } from '../core/error.ts';
import { locateInJson } from './locate-json.ts';
import type { Located, Search, ToWhole } from './located.ts';
import { createEngine, type MaskerOptions } from './masker.ts';
import { embeddedJson, nestedBase64, nestedJson } from './nested.ts';
import { Pass, type Standing } from './pass.ts';

const MAX_NESTING = 8;
const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

/**
 * What a masker with these rules would mask in a text, in JSON and base64 inside it too, in order. A value inside base64 is the
 * whole run of base64: there is no smaller place for it. Throws `masking_failed`.
 */
export function locateFindings(text: string, rules: readonly MaskRule[], options: MaskerOptions): readonly Located[] {
  const pass = new Pass(createEngine(rules, options));
  try {
    const found = locateInText(text, pass.root(), { pass, toWhole: (start, end) => ({ start, end }), depth: 0, inText: locateInText });
    return found.toSorted((a, b) => a.start - b.start || b.end - a.end);
  } catch (cause) {
    throw new SallyportError('masking_failed', 'the text could not be searched', { cause });
  }
}

function locateInText(text: string, at: Standing, search: Search): readonly Located[] {
  if (search.depth > MAX_NESTING) throw new SallyportError('masking_failed', `texts nested in texts more than ${MAX_NESTING} deep`);
  if (at.rule) return text === '' ? [] : [{ ...search.toWhole(0, text.length), kind: 'field', score: 1 }];
  const nested = nestedJson(text);
  if (nested) return locateInJson(text, nested.value, search.pass.inside(at), deeper(search));
  const inner = [...locateEmbedded(text, at, search), ...locateBase64(text, at, search)];
  const outer = search.pass.hits(text, at.key).map(({ start, end, kind, score }) => ({ ...search.toWhole(start, end), kind, score }));
  return [...inner, ...outer.filter((one) => !inner.some((other) => one.start < other.end && other.start < one.end))];
}

function locateEmbedded(text: string, at: Standing, search: Search): readonly Located[] {
  return embeddedJson(text).flatMap(({ start, end }) => {
    const part = text.slice(start, end);
    const nested = nestedJson(part);
    const toWhole: ToWhole = (from, to) => search.toWhole(start + from, start + to);
    return nested ? locateInJson(part, nested.value, search.pass.inside({ ...at, key: search.pass.root().key }), { ...deeper(search), toWhole }) : [];
  });
}

function locateBase64(text: string, at: Standing, search: Search): readonly Located[] {
  return [...text.matchAll(BASE64)].flatMap(({ 0: run, index }) => {
    const whole = run.length === text.length;
    const nested = whole || run.length >= 40 ? nestedBase64(run) : undefined;
    const place = search.toWhole(index, index + run.length);
    const found = nested ? locateInText(nested.value, { ...at, key: search.pass.root().key }, { ...deeper(search), toWhole: () => place }) : [];
    // All of them stand in one place: the surest one of each kind.
    return [...new Map(found.toSorted((a, b) => a.score - b.score).map((one) => [one.kind, one])).values()];
  });
}

const deeper = (search: Search): Search => ({ ...search, depth: search.depth + 1 });
