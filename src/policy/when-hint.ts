import { closestName } from '../core/closest-name.ts';

const VARIABLES = ['subject', 'target', 'command', 'args', 'detected', 'risk', 'time', 'client'];
const USUAL = `variables are ${VARIABLES.slice(0, -1).join(', ')} and ${VARIABLES.at(-1)}`;

/** How other languages write it, and how CEL does. Looked for only where an expression is wrong. */
const OTHER_SPELLINGS: readonly (readonly [pattern: RegExp, fix: string])[] = [
  [/[)\w\]"'] +and +[(\w!"']/i, 'write && for and'],
  [/[)\w\]"'] +or +[(\w!"']/i, 'write || for or'],
  [/(?:^|[(&|] *)not +[(\w]/i, 'write ! for not: !(args.x)'],
  [/[^=!<>]=[^=~]|[^=!<>]=$/, 'write == to compare'],
  [/===|!==/, 'write == or !='],
  [/<>/, 'write != for <>'],
  [/=~/, 'write args.name.matches("pattern")'],
  [/\bis +(?:not +)?\w/i, 'write == or !='],
  [/\b(?:contains|startswith|starts_with|endswith|ends_with)\b *[^(.]/i, 'write args.name.contains("x"), startsWith or endsWith'],
  [/\b(?:None|nil|undefined)\b/, 'write null, or has(args.x) to ask whether it is there'],
  [/\b(?:True|False|TRUE|FALSE)\b/, 'write true or false'],
  [/\blen\(/, 'write size(x)'],
];

/** What to write instead. */
export function whenFix(source: string, message: string): string {
  const [, unknown] = /unknown variable: (\w+)/i.exec(message) ?? [];
  const meant = unknown === undefined ? undefined : closestName(unknown, VARIABLES);
  if (meant !== undefined) return `did you mean ${meant}? ${USUAL}`;
  const bare = withoutTexts(source);
  const other = OTHER_SPELLINGS.find(([pattern]) => pattern.test(bare));
  if (other) return other[1];
  if (/\bgives\b/.test(message)) return 'compare it with something: args.rows <= 100';
  return unknown === undefined ? `see docs/policy.md, when; ${USUAL}` : USUAL;
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  uint: 'a whole number',
  double: 'a number',
  string: 'a text',
  bytes: 'bytes',
  null: 'null',
  'google.protobuf.Timestamp': 'a time',
  'google.protobuf.Duration': 'a time span',
};

/** A type of CEL in words. */
export function kindName(type: string): string {
  return KINDS[type] ?? (type.startsWith('list') ? 'a list' : type.startsWith('map') || type.startsWith('$') ? 'a mapping' : 'a value');
}

/** Texts in an expression hold words of any language. */
const withoutTexts = (source: string): string => source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
