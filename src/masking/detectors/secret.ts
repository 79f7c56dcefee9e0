import type { Detector, Finding, Probe } from '../detector.ts';
import { isLetter, isDigit } from '../digits.ts';
import { HAS, type Features } from '../features.ts';
import { findAssigned } from './secret-assignment.ts';
import { findEnclosed } from './secret-structure.ts';
import { TOKEN_RULES, type TokenRule } from './secret-tokens.ts';
import { isPlausibleSecret } from './secret-value.ts';

const MIN_TOKEN_RUN = 14;
/** The shortest text that gives a name to a secret: `pwd=abcd`. */
const MIN_TEXT = 8;

/** Passwords, keys and tokens: by their vendor's format, by the structure around them, and by the name they are given. */
export const secret: Detector = {
  name: 'secret',
  description: 'passwords, private keys, JSON web tokens, vendor keys, credentials in URLs and headers, values of secret names',
  kinds: [...new Set(['secret', 'jwt', 'private-key', 'url-password', 'authorization', ...TOKEN_RULES.map((rule) => rule.kind)])],
  context: /\b(?:secret|password|token|key|credential)s?\b/,
  mayFind: (features, key) => key.secret !== 'none' || features.run >= MIN_TOKEN_RUN || features.length >= MIN_TEXT,
  find: findSecrets,
};

const NONE: readonly Finding[] = [];

function findSecrets(probe: Probe): readonly Finding[] {
  const named = findNamed(probe);
  if (named) return [named];
  const { text, features } = probe;
  if (features.length < MIN_TEXT) return NONE;
  const tokens = features.run >= MIN_TOKEN_RUN ? findTokens(text) : NONE;
  const enclosed = findEnclosed(probe);
  const assigned = mayAssign(features, text) ? findAssigned(text) : NONE;
  return tokens.length + enclosed.length + assigned.length === 0 ? NONE : [...tokens, ...enclosed, ...assigned];
}

const SIGNS = HAS.assign | HAS.colon | HAS.quote | HAS.escape;
const VERB = /[ \t](?:is|was|value)[ \t:=]/;

/** A name is tied to its value by a sign or by a verb. */
const mayAssign = (features: Features, text: string): boolean => (features.seen & SIGNS) !== 0 || ((features.seen & HAS.space) !== 0 && VERB.test(text));

/** The whole text is the value of a member whose key says that it is secret. */
function findNamed({ text, key }: Probe): Finding | undefined {
  if (key.secret === 'none' || text.length > 8192) return undefined;
  const isNumber = /^\d{3,}$/.test(text) && key.secret === 'strong';
  if (!isNumber && !isPlausibleSecret(text, { strength: key.secret, quoted: true })) return undefined;
  return { start: 0, end: text.length, detector: 'secret', kind: 'secret', score: 0.8 };
}

interface Compiled {
  readonly kind: string;
  readonly pattern: RegExp;
  /** Ends where the mark begins. */
  readonly before: RegExp | undefined;
}

const byPrefix = compile(TOKEN_RULES);
/** Longest first, so that `sk-ant-` is not taken for `sk-`. */
const PREFIXES = new RegExp(
  [...byPrefix.keys()]
    .toSorted((a, b) => b.length - a.length)
    .map((prefix) => RegExp.escape(prefix))
    .join('|'),
  'g',
);

function compile(rules: readonly TokenRule[]): ReadonlyMap<string, readonly Compiled[]> {
  const table = new Map<string, Compiled[]>();
  for (const rule of rules) {
    for (const prefix of rule.prefixes) {
      const compiled = {
        kind: rule.kind,
        pattern: new RegExp(`(?:${rule.body})(?![A-Za-z0-9])`, 'y'),
        before: rule.before === undefined ? undefined : new RegExp(`(?<![A-Za-z0-9])(?:${rule.before})$`),
      };
      table.set(prefix, [...(table.get(prefix) ?? []), compiled]);
    }
  }
  return table;
}

/** What manuals write where a key would stand. */
const STAND_IN = /x{8}|X{8}|\.\.\./;

function findTokens(text: string): readonly Finding[] {
  const findings: Finding[] = [];
  PREFIXES.lastIndex = 0;
  for (let match = PREFIXES.exec(text); match; match = PREFIXES.exec(text)) {
    const finding = tokenAt(text, match.index, match[0]);
    if (finding) findings.push(finding);
    PREFIXES.lastIndex = finding ? finding.end : match.index + 1;
  }
  return findings;
}

/** No letter or digit stands before it, but for that of an escape such as `\n`; marks such as `.atlasv1.` stand inside. */
function beginsToken(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (!isLetter(code) && !isDigit(code)) return true;
  const before = text.charCodeAt(at - 1);
  if (!isLetter(before) && !isDigit(before)) return true;
  return /\\[nrt]$/.test(text.slice(Math.max(0, at - 2), at));
}

/** Longer than what any rule wants before its mark, and a character more. */
const MAX_BEFORE = 80;
/** Marks of keys whose beginning can be anything. */
const MARK = /^(?:\.atlasv1|[78]Q~|\.webhook)/;

function tokenAt(text: string, at: number, prefix: string): Finding | undefined {
  const bodyStart = at + prefix.length;
  for (const { kind, pattern, before } of byPrefix.get(prefix) ?? []) {
    const begins = before ? before.test(text.slice(Math.max(0, at - MAX_BEFORE), at)) : beginsToken(text, at);
    if (!begins) continue;
    pattern.lastIndex = bodyStart;
    const body = pattern.exec(text)?.[0];
    if (body === undefined || STAND_IN.test(body)) continue;
    const start = before || MARK.test(prefix) ? wordStart(text, at) : at;
    return { start, end: bodyStart + body.length, detector: 'secret', kind, score: 0.95 };
  }
  return undefined;
}

/** Some keys carry their mark in the middle: what stands before it belongs to the key. */
function wordStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < MAX_BEFORE && /[\w.~+/-]/.test(text[start - 1] ?? '')) start -= 1;
  return start;
}
