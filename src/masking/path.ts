import { SallyportError } from '../core/error.ts';

/** One step of a path; `deep` steps (`..`) match at any depth. */
interface PathStep {
  readonly deep: boolean;
  /** A member's name, an array's index, or `*` as undefined. */
  readonly name: string | number | undefined;
}

export interface JsonPath {
  readonly source: string;
  readonly steps: readonly PathStep[];
}

const NAME = /[\p{L}\p{N}_$@-]+/uy;
const BRACKET = /\[\s*(?:(\*)|(\d{1,9})|'((?:[^'\\]|\\.){0,256})'|"((?:[^"\\]|\\.){0,256})")\s*\]/y;
const MAX_STEPS = 64;

/**
 * The part of RFC 9535 that names places: `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*` and `..` before any of them.
 * Throws `resources_invalid` for anything else: filters, slices and unions are refused, not ignored.
 */
export function parsePath(source: string): JsonPath {
  if (!source.startsWith('$')) throw bad(source, 'a path begins with $', 0);
  const steps: PathStep[] = [];
  for (let at = 1; at < source.length;) {
    const step = readStep(source, at);
    if (!step || steps.length >= MAX_STEPS) throw bad(source, "expected .name, ..name, ['name'], [0] or [*]", at);
    steps.push(step.step);
    at = step.end;
  }
  return { source, steps };
}

interface Read {
  readonly step: PathStep;
  readonly end: number;
}

function readStep(source: string, start: number): Read | undefined {
  const deep = source.startsWith('..', start);
  const at = start + (deep ? 2 : 0);
  if (source[at] === '[') return readBracket(source, at, deep);
  const nameAt = deep ? at : source[at] === '.' ? at + 1 : -1;
  if (nameAt < 0) return undefined;
  if (source[nameAt] === '*') return { step: { deep, name: undefined }, end: nameAt + 1 };
  NAME.lastIndex = nameAt;
  const name = NAME.exec(source)?.[0];
  return name === undefined ? undefined : { step: { deep, name }, end: nameAt + name.length };
}

function readBracket(source: string, at: number, deep: boolean): Read | undefined {
  BRACKET.lastIndex = at;
  const match = BRACKET.exec(source);
  if (!match) return undefined;
  const [whole, star, index, single, double] = match;
  const name = star !== undefined ? undefined : index !== undefined ? Number(index) : (single ?? double ?? '').replace(/\\(.)/g, '$1');
  return { step: { deep, name }, end: at + whole.length };
}

function bad(source: string, why: string, at: number): SallyportError {
  return new SallyportError('resources_invalid', `not a path: ${JSON.stringify(source.slice(0, 80))}: ${why} (at character ${at + 1})`, {
    hint: 'write for example $..api_key, $.customer.ssn or $.rows[*].card',
  });
}
