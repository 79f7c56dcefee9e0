/**
 * Conditions of rules: CEL, behind the two functions that the rest of the folder sees. What an expression can cost is
 * bounded when it is loaded (size, depth, literal patterns, nesting of loops) and when it runs (sizes of what it is shown).
 */
import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { didYouMean } from '../core/closest-name.ts';
import { describeTypes, type ArgumentTypes } from './argument-types.ts';
import { kindName, whenFix } from './when-hint.ts';
import type { WhenVariables } from './when-variables.ts';

/** True, false, or `error` where the expression failed; its rule says what that means. */
export type When = (variables: WhenVariables) => boolean | 'error';

export interface WhenProblem {
  readonly message: string;
  readonly fix: string;
}

const LIMITS = { maxAstNodes: 300, maxDepth: 32, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 };

const environment = makeEnvironment();

/** Throws an Error whose message says what is wrong with the expression. */
export function compileWhen(source: string): When {
  return compile(source).when;
}

interface Compiled {
  readonly when: When;
  /** The kinds of values that it asks for with `"email" in detected`. */
  readonly kinds: readonly string[];
}

function compile(source: string): Compiled {
  const patterns = new Map<string, RE2JS>();
  const matchesLinear = (text: string, pattern: string): boolean => patterns.get(pattern)?.matcher(text).find() ?? false;
  const parsed = environment.clone().registerFunction('string.matchesLinear(string): bool', matchesLinear, { async: false }).parse(source);
  for (const pattern of bindPatterns(parsed.ast)) patterns.set(pattern, RE2JS.compile(pattern));
  const kinds = detectedKinds(parsed.ast);
  const { valid, type, error } = parsed.check();
  if (!valid) throw error ?? new Error('the expression is not valid');
  if (!isCondition(type)) throw new Error(noCondition(type));
  const when: When = (variables) => {
    try {
      const value: unknown = parsed(variables);
      return typeof value === 'boolean' ? value : 'error';
    } catch {
      return 'error';
    }
  };
  return { when, kinds };
}

const isCondition = (type: string | undefined): boolean => type === 'bool' || type === 'dyn';
const noCondition = (type = ''): string => `the expression gives ${kindName(type)}, not true or false`;

/** The kinds of values that expressions ask for; an expression that is not valid asks for none. */
export function kindsAsked(sources: readonly string[]): readonly string[] {
  return [...new Set(sources.flatMap((source) => (/\bdetected\b/.test(source) && !checkWhen(source) ? compile(source).kinds : [])))];
}

export function checkWhen(source: string): WhenProblem | undefined {
  try {
    compileWhen(source);
    return undefined;
  } catch (error) {
    const message = firstLine(error);
    return { message, fix: whenFix(source, message) };
  }
}

/**
 * What is wrong with a sound expression where `args` is known to have these members; undefined where nothing is, and where
 * it asks for the arguments as a whole.
 */
export function checkArguments(source: string, types: ArgumentTypes): WhenProblem | undefined {
  const parsed = argumentEnvironment(types).parse(source);
  bindPatterns(parsed.ast);
  if (!asksForMembers(parsed.ast)) return undefined;
  const { valid, type, error } = parsed.check();
  const known = describeTypes(types);
  if (valid) return isCondition(type) ? undefined : { message: noCondition(type), fix: `the arguments are ${known}` };
  const [, name] = /^no such key: (.+)$/i.exec(firstLine(error)) ?? [];
  if (name !== undefined) return { message: `there is no argument ${name}`, fix: `${didYouMean(name, Object.keys(types))}there are ${known}` };
  const range = error?.node?.range;
  const part = range ? `${source.slice(range.start, range.end).trim().slice(0, 120)}: ` : '';
  const isSum = /double [-+*/%] int/.test(firstLine(error));
  return { message: `${part}${firstLine(error)}`, fix: isSum ? 'numbers of JSON are doubles: write 1.0 for 1' : `the arguments are ${known}` };
}

function argumentEnvironment(types: ArgumentTypes): Environment {
  const typed = makeEnvironment(types).registerFunction('string.matchesLinear(string): bool', () => false, { async: false });
  // Numbers of JSON are doubles here, and people write 10 for 10.0: comparing is fine, either way round, as it is when the rule is asked.
  typed.registerOperator('double == int', () => false);
  return typed;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function makeEnvironment(types?: ArgumentTypes): Environment {
  const args = types ? { name: 'args', schema: types } : { name: 'args', type: 'map<string, dyn>' };
  return new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false })
    .registerVariable({ name: 'subject', schema: { id: 'string', name: 'string', kind: 'string', groups: 'list<string>', issuer: 'string' } })
    .registerVariable({ name: 'target', schema: { name: 'string', labels: 'map<string, string>' } })
    .registerVariable({ name: 'command', schema: { name: 'string' } })
    .registerVariable(args)
    .registerVariable('detected', 'list<string>')
    .registerVariable('risk', 'int')
    .registerVariable('time', 'google.protobuf.Timestamp')
    .registerVariable({ name: 'client', schema: { address: 'string', userAgent: 'string', id: 'string' } });
}

const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/**
 * Turns `matches` into our linear-time one and returns the patterns. Patterns must be literal, so that a wrong one is
 * found when the policy is loaded; loops in loops and `cel.bind` are refused, for their cost multiplies.
 */
function bindPatterns(ast: ASTNode): readonly string[] {
  const found: string[] = [];
  walk(ast, false);
  return found;

  function walk(node: unknown, inLoop: boolean): void {
    if (Array.isArray(node)) return node.forEach((one) => walk(one, inLoop));
    if (!isNode(node)) return;
    if (node.op !== 'rcall') return walk(node.args, inLoop);
    const [method, receiver, parameters] = node.args;
    if (method === 'bind') throw new Error('cel.bind is not available');
    const loops = LOOPS.has(method);
    if (loops && inLoop) throw new Error(`${method} inside another loop is not available`);
    if (method === 'matches') found.push(bindPattern(node));
    walk(receiver, inLoop);
    walk(parameters, inLoop || loops);
  }
}

function bindPattern(node: Extract<ASTNode, { op: 'rcall' }>): string {
  const [pattern] = node.args[2];
  if (node.args[2].length !== 1 || pattern?.op !== 'value' || typeof pattern.args !== 'string') throw new Error('matches takes one literal pattern');
  node.args[0] = 'matchesLinear';
  return pattern.args;
}

/** Whether `args` is only asked for its members; whole numbers in a list that one of them is looked for in are made numbers like it. */
function asksForMembers(ast: ASTNode): boolean {
  let found = true;
  walk(ast);
  return found;

  function walk(node: unknown): void {
    if (Array.isArray(node)) return node.forEach(walk);
    if (!isNode(node)) return;
    if (node.op === 'id' && node.args === 'args') found = false;
    if (node.op === 'in' && node.args[1].op === 'list' && ['.', '[]', 'id'].includes(node.args[0].op)) node.args[1].args.forEach(asDouble);
    // Of `args.x` and `args["x"]` the first part is no value by itself.
    const isMember = (node.op === '.' || node.op === '[]') && isNode(node.args[0]) && node.args[0].op === 'id' && node.args[0].args === 'args';
    walk(isMember ? node.args[1] : node.args);
  }

  function asDouble(node: ASTNode): void {
    // Its own tree, made for this check alone.
    if (node.op === 'value' && typeof node.args === 'bigint') (node as { args: unknown }).args = Number(node.args);
  }
}

/** `detected` is only for `"kind" in detected`, so that a misspelt kind is found when the policy is loaded. */
function detectedKinds(ast: ASTNode): readonly string[] {
  const found: string[] = [];
  walk(ast);
  return found;

  function walk(node: unknown): void {
    if (Array.isArray(node)) return node.forEach(walk);
    if (!isNode(node)) return;
    if (node.op === 'id' && node.args === 'detected') throw new Error('detected is only for "kind" in detected');
    if (node.op !== 'in') return walk(node.args);
    const [kind, list] = node.args;
    if (list.op !== 'id' || list.args !== 'detected') return walk(node.args);
    if (kind.op !== 'value' || typeof kind.args !== 'string') throw new Error('"kind" in detected takes a literal kind');
    found.push(kind.args);
  }
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
