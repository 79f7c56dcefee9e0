import type { z } from 'zod';
import { didYouMean } from '../core/closest-name.ts';
import type { Document, Path } from './document.ts';
import { knownKeys } from './known-keys.ts';
import type { Problem } from './problem.ts';
import { alertSchema, type AlertDocument } from './alert-schema.ts';
import { policySchema, targetSchema, type PolicyDocument, type TargetDocument } from './schema.ts';

/** A document whose shape is right. */
export interface Checked {
  readonly document: Document;
  readonly value: TargetDocument | PolicyDocument | AlertDocument;
}

const SCHEMAS = { Target: targetSchema, Policy: policySchema, Alert: alertSchema } as const;

export function checkDocument(document: Document): { readonly checked?: Checked; readonly problems: readonly Problem[] } {
  const kind = kindOf(document.value);
  if (kind === undefined)
    return {
      problems: [{ ...document.place(['kind']), message: 'a document says what it is with kind', fix: 'write kind: Target, kind: Policy or kind: Alert' }],
    };
  const result = SCHEMAS[kind].safeParse(document.value);
  if (result.success) return { checked: { document, value: result.data }, problems: [] };
  return { problems: withoutConsequences(result.error.issues).flatMap((issue) => toProblems(document, issue, [], (path) => knownKeys(SCHEMAS[kind], path))) };
}

function kindOf(value: unknown): keyof typeof SCHEMAS | undefined {
  const kind = typeof value === 'object' && value !== null && Object.hasOwn(value, 'kind') ? (value as { readonly kind: unknown }).kind : undefined;
  return kind === 'Target' || kind === 'Policy' || kind === 'Alert' ? kind : undefined;
}

type Issue = z.core.$ZodIssue;

/** What follows from a key that is written wrongly is mended with it: the rule that lacks an effect has it under another name. */
function withoutConsequences(issues: readonly Issue[]): readonly Issue[] {
  const misspelt = new Set(issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => formatPath(path)));
  return issues.filter(({ code, path }) => code !== 'custom' || !misspelt.has(formatPath(path)));
}

type KnownKeys = (path: Path) => readonly string[];

function toProblems(document: Document, issue: Issue, above: Path, known: KnownKeys): Problem[] {
  const path = [...above, ...issue.path];
  const at = path.length === 0 ? 'document' : formatPath(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        ...document.keyPlace(path, key),
        message: `unknown key ${show(key)} in ${at}`,
        fix: `${didYouMean(key, known(path))}remove it or correct its spelling`,
      }));
    case 'invalid_union':
      return closest(issue.errors).flatMap((inner) => toProblems(document, inner, path, known));
    case 'invalid_key':
      return [{ ...document.place(path), message: `${at}: the key is not allowed`, fix: issue.issues[0]?.message ?? 'correct the key' }];
    default:
      return [{ ...document.place(path), ...explainIssue(issue, at) }];
  }
}

/** Of several shapes that a value could have had, the one that it came closest to. */
function closest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  return branches.toSorted((a, b) => distance(a) - distance(b))[0] ?? [];
}

/** Another type is farthest; a mapping with a key that the shape does not know is rather meant to be one that does. */
function distance(issues: readonly Issue[]): number {
  const own = issues.filter(({ path }) => path.length === 0).map(({ code }) => code);
  if (own.includes('invalid_type')) return 2;
  return own.includes('unrecognized_keys') ? 1 : 0;
}

function explainIssue(issue: Issue, at: string): { readonly message: string; readonly fix: string } {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && issue.message.includes('received undefined')
        ? { message: `${at} is missing`, fix: `add it: ${article(issue.expected)}` }
        : {
            message: `${at} has the wrong type`,
            fix: `write ${article(issue.expected)}${issue.expected === 'string' ? ', in quotes where YAML reads another type' : ''}`,
          };
    case 'invalid_value':
      return { message: `${at} has an unknown value`, fix: `write ${issue.values.map(String).join(' or ')}` };
    case 'too_small':
      return { message: `${at} is too small or empty`, fix: `at least ${issue.minimum}` };
    case 'too_big':
      return { message: `${at} is too big or too long`, fix: `at most ${issue.maximum}` };
    case 'custom':
      return typeof issue.params?.['fix'] === 'string'
        ? { message: `${at}: ${issue.message}`, fix: issue.params['fix'] }
        : { message: `${at} is not valid`, fix: issue.message };
    default:
      return { message: `${at} is not valid`, fix: issue.message };
  }
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list: [ ... ]',
  object: 'a mapping',
  record: 'a mapping',
  string: 'a string',
  int: 'a whole number',
  number: 'a number',
};
const article = (type: string): string => TYPES[type] ?? type;

function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? show(String(part)) : `${text}.${show(String(part))}`),
    '',
  );
}

/** A name from a file as it may be printed: short, no control characters. */
export function show(name: string): string {
  const printable = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
  return printable.length > 60 ? `${printable.slice(0, 60)}…` : printable;
}

/** What a schema found wrong in a document, each with its place; for other YAML than resources too. */
export function issueProblems(document: Document, issues: readonly z.core.$ZodIssue[]): readonly Problem[] {
  return issues.flatMap((issue) => toProblems(document, issue, [], () => []));
}
