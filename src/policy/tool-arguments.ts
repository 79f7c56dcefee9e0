import type { JsonValue } from '../core/json.ts';
import { argumentTypes, type ArgumentTypes } from './argument-types.ts';
import { compileGlob, foldCase, matchesGlob } from '../core/glob.ts';
import type { RuleDocument } from './schema.ts';
import { checkArguments, checkWhen, type WhenProblem } from './when.ts';

/** What a target is reached by: another address is another server, with other tools. */
export interface ToolTarget {
  readonly name: string;
  readonly address?: string | undefined;
  readonly command?: readonly string[] | undefined;
}

/** The input schemas of a target's tools by name; undefined where nothing is known of it. */
export type ToolSchemas = (target: ToolTarget) => ReadonlyMap<string, JsonValue> | undefined;

/** `never`: whatever the rule is about, its `when` cannot be asked of. `partly`: of some of it, or of all that is known. */
export interface ArgumentFinding extends WhenProblem {
  readonly holds: 'never' | 'partly';
}

/** What is wrong with a rule's `when` for the arguments of the tools that the rule is about; undefined where nothing is known to be. */
export function argumentFinding(rule: RuleDocument, targets: readonly ToolTarget[], schemas: ToolSchemas): ArgumentFinding | undefined {
  if (rule.when === undefined || !/\bargs\b/.test(rule.when) || checkWhen(rule.when)) return undefined;
  const reached = targets.map((target) => reachOf(rule, schemas(target)));
  const tools = reached.flatMap((one) => one.tools);
  const [first, ...more] = tools.flatMap(({ name, types }) => {
    const problem = checkArguments(rule.when ?? '', types);
    return problem ? [{ name, problem }] : [];
  });
  if (!first) return undefined;
  const { name, problem } = first;
  const isAll = more.length + 1 === tools.length;
  if (isAll && !reached.some(({ isOpen }) => isOpen)) return { holds: 'never', ...problem, message: `${problem.message} (tools/call ${name})` };
  // What is asked for with `has` is meant for those that have it.
  if (!isAll && /\bhas\s*\(/.test(rule.when)) return undefined;
  return { holds: 'partly', ...problem, message: `${problem.message} (tools/call ${name}): ${consequence(rule)}` };
}

function consequence({ allow, deny }: RuleDocument): string {
  if (deny) return 'so the rule denies it always';
  return allow ? 'so the rule never allows it' : 'so the rule holds it always';
}

interface Reach {
  readonly tools: readonly { readonly name: string; readonly types: ArgumentTypes }[];
  /** Whether it is about more than known tools with known arguments. */
  readonly isOpen: boolean;
}

function reachOf(rule: RuleDocument, known: ReadonlyMap<string, JsonValue> | undefined): Reach {
  if (!known) return { tools: [], isOpen: true };
  const patterns = [...(rule.allow ?? []), ...(rule.review ?? []).map(foldCase), ...(rule.deny ?? []).map(foldCase)].filter(hasArguments);
  const folds = rule.allow === undefined;
  const globs = patterns.map(compileGlob);
  const named = [...known].filter(([name]) => globs.some((glob) => matchesGlob(glob, folds ? foldCase(`tools/call ${name}`) : `tools/call ${name}`)));
  const tools = named.flatMap(([name, schema]) => {
    const types = argumentTypes(schema);
    return types ? [{ name, types }] : [];
  });
  const isKnown = (pattern: string): boolean =>
    pattern.startsWith('tools/call ') && (pattern.includes('*') || named.some(([name]) => foldCase(`tools/call ${name}`) === foldCase(pattern)));
  return { tools, isOpen: tools.length < named.length || !patterns.every(isKnown) };
}

/** Lists take none that a rule would ask for. */
const hasArguments = (pattern: string): boolean => !/^(?:tools|prompts|resources|resources\/templates|tasks)\/list$/.test(pattern);
