import type { FuncCall } from 'libpg-query';
import { isSystem, nameOf, type SqlFunction } from '../catalog/catalog.ts';
import { detail } from '../effect.ts';
import { EXTENSION_FUNCTIONS, SERVER_FUNCTIONS, onlyComputes, TOTAL_FUNCTIONS, type KnownFunction } from '../known-functions.ts';
import { anySettingChanged, settingChanged, settingShown } from '../settings.ts';
import { partsOf } from '../tree.ts';
import { constantValue, derivedFrom, unknownValue, type Value } from '../value.ts';
import { bodyOfFunction, runText } from './body.ts';
import { relationNamed } from './relation.ts';
import type { Resolver } from './resolver.ts';
import type { Scope } from './scope.ts';
import { consultWindow, sortKeys } from './window.ts';

/** `f(x)`: a function, an aggregate, a field of a row, or a cast, whichever the name is. */
export function calledFunction(resolver: Resolver, call: FuncCall, scope: Scope): Value {
  const parts = partsOf(call.funcname);
  const args = (call.args ?? []).map((node) => resolver.expression(node, scope));
  const name = parts.at(-1) ?? '';
  sortKeys(resolver, call.agg_order, scope);
  if (call.agg_filter) resolver.findings.use('predicate', resolver.expression(call.agg_filter, scope), 'FILTER');
  if (call.over) consultWindow(resolver, call.over, scope);
  const functions = functionsNamed(resolver, parts);
  const fitting = functions.filter((each) => takes(each, args.length, call.func_variadic === true));
  if (fitting.length > 0) return resolver.call(fitting, args, name);
  if (functions.length > 0) return resolver.call(functions, args, name);
  return fieldByCall(args, name) ?? castByCall(resolver, parts, args) ?? unknownFunction(resolver, parts, args);
}

export function functionsNamed({ catalog, namespace }: Resolver, parts: readonly string[]): readonly SqlFunction[] {
  const [name = '', schema] = parts.toReversed();
  if (schema !== undefined) return catalog.functions(schema, name);
  const path = namespace.searchPath ?? [];
  return [...new Set(['pg_catalog', ...path])].flatMap((each) => catalog.functions(each, name));
}

function takes({ parameters, defaults, variadic }: SqlFunction, count: number, asArray: boolean): boolean {
  if (variadic && !asArray) return count >= parameters.length - 1;
  return count <= parameters.length && count >= parameters.length - defaults;
}

/** `ssn(u)` is `u.ssn`. */
function fieldByCall(args: readonly Value[], name: string): Value | undefined {
  return args.length === 1 ? args[0]?.fields?.find((field) => field.name === name)?.value : undefined;
}

/** `email_t('x')` is `'x'::email_t`. */
function castByCall(resolver: Resolver, parts: readonly string[], args: readonly Value[]): Value | undefined {
  const type = resolver.type({ names: parts.map((sval) => ({ String: { sval } })) });
  const [arg] = args;
  if (!type || !arg || args.length > 1) return undefined;
  resolver.convert(type);
  const value = derivedFrom([arg], type.oid);
  resolver.findings.use('derivation', value, `a cast to ${type.name}`);
  return arg.constant === undefined ? value : constantValue(arg.constant, type.oid);
}

function unknownFunction(resolver: Resolver, parts: readonly string[], args: readonly Value[]): Value {
  const name = parts.join('.');
  resolver.findings.effect(`func:${detail(name)}`);
  resolver.findings.notUnderstood(resolver.namespace.searchPath ? `no function is called ${name}` : 'the search path is not known');
  resolver.findings.use('derivation', derivedFrom(args), `the function ${name}`);
  return unknownValue;
}

/** What calling any of these does, and what comes out. The server picks one by types; here all that it may pick count. */
export function call(resolver: Resolver, functions: readonly SqlFunction[], args: readonly Value[], name: string): Value {
  const results = functions.map((each) => (isSystem(each) ? callOfServer(resolver, each, args) : callOfPeople(resolver, each, args)));
  const [only] = results;
  const result = only && results.length === 1 ? only : { ...derivedFrom(results, sameType(results)), ...constantIn(results) };
  if (!carriedTotally(functions, args, name)) resolver.findings.use('derivation', derivedFrom(args), `the function ${name}`);
  return result;
}

function sameType(values: readonly Value[]): number | undefined {
  const types = new Set(values.map(({ type }) => type));
  return types.size === 1 ? values[0]?.type : undefined;
}

function constantIn(values: readonly Value[]): Pick<Value, 'constant'> {
  const [first] = values;
  return first?.constant !== undefined && values.every(({ constant }) => constant === first.constant) ? { constant: first.constant } : {};
}

function carriedTotally(functions: readonly SqlFunction[], args: readonly Value[], name: string): boolean {
  if (args.every(({ origins }) => origins.size === 0)) return true;
  const which = functions.every(isSystem) && Object.hasOwn(TOTAL_FUNCTIONS, name) ? TOTAL_FUNCTIONS[name] : undefined;
  if (which === undefined) return false;
  if (which === 'first') return args.slice(1).every(({ origins }) => origins.size === 0);
  return which === 'all' || (args[0]?.origins.size ?? 0) === 0;
}

function callOfServer(resolver: Resolver, called: SqlFunction, args: readonly Value[]): Value {
  const known = Object.hasOwn(SERVER_FUNCTIONS, called.name) ? SERVER_FUNCTIONS[called.name] : undefined;
  if (known) applyKnown(resolver, called, known, args);
  else if (called.volatility === 'volatile' && called.kind !== 'aggregate' && !called.name.startsWith('pg_stat_get_')) resolver.findings.call(called);
  if (called.kind === 'procedure') resolver.findings.call(called);
  const value = known && givesAnything(known) ? anything(called) : derivedFrom(args, called.returns);
  const text = args[0]?.constant;
  // Names of settings and statements are sometimes put together or folded in the text itself.
  if (text !== undefined && args.length === 1 && (called.name === 'lower' || called.name === 'upper'))
    return constantValue(called.name === 'lower' ? text.toLowerCase() : text.toUpperCase(), called.returns);
  if ((called.name === 'concat' || called.name === 'textcat') && args.every(({ constant }) => constant !== undefined))
    return constantValue(args.map(({ constant }) => constant).join(''), called.returns);
  const length = known?.special === 'repeats' ? { length: lengthMade(called, args) } : {};
  return { ...value, ...length, ...outputFields(resolver, called, value) };
}

/** Files, large objects, other servers, texts that are run: what comes from there may be any value. */
const givesAnything = ({ effects = [], runs, reads }: KnownFunction): boolean =>
  runs === true || reads !== undefined || effects.some((effect) => /^(?:file|read|net|dynamic)\b/.test(effect));

const anything = ({ returns }: SqlFunction): Value => ({ ...unknownValue, type: returns });

/** `repeat(text, n)`, `lpad(text, n)`. */
function lengthMade({ name }: SqlFunction, [text, count]: readonly Value[]): number {
  const times = Number(count?.constant ?? 0);
  return name === 'repeat' ? times * (text?.constant?.length ?? text?.length ?? 1) : times;
}

function callOfPeople(resolver: Resolver, called: SqlFunction, args: readonly Value[]): Value {
  const { extension = '' } = called;
  const known = Object.hasOwn(EXTENSION_FUNCTIONS, extension) ? EXTENSION_FUNCTIONS[extension] : undefined;
  const effects = known && Object.hasOwn(known, called.name) ? known[called.name] : undefined;
  const computes = onlyComputes(called);
  if (effects) applyKnown(resolver, called, effects, args);
  if (!computes) resolver.findings.call(called);
  for (const { type } of called.parameters) resolver.convert(resolver.catalog.typeOf(type));
  const result = computes || effects ? undefined : bodyOfFunction(resolver, called, args);
  const value = result ?? (effects ? anything(called) : derivedFrom(args, called.returns));
  if (called.volatility !== 'volatile') resolver.findings.planned.push(value);
  return value.fields ? value : { ...value, ...outputFields(resolver, called, value) };
}

/** Columns of a row that a function gives: of its own outputs, or of the type that it returns. */
function outputFields({ catalog }: Resolver, called: SqlFunction, value: Value): Pick<Value, 'fields'> {
  const type = catalog.typeOf(called.returns);
  const columns = called.outputs ?? (type?.kind === 'composite' ? catalog.relationOf(type.relation)?.columns.map(({ name }) => name) : undefined);
  return columns && columns.length > 0 ? { fields: columns.map((name) => ({ name, value: derivedFrom([value]) })) } : {};
}

function applyKnown(resolver: Resolver, called: SqlFunction, known: KnownFunction, args: readonly Value[]): void {
  const { findings } = resolver;
  const [first] = args;
  for (const effect of known.effects ?? []) {
    const text = effect.includes('%') ? textOf(resolver, first) : '';
    if (text !== undefined) findings.effect(effect.replace('%', () => detail(text)));
  }
  for (const name of known.shows ?? []) {
    const [schema = '', relation = ''] = name.split('.');
    const shown = resolver.catalog.relation(schema, relation);
    if (shown) findings.read(shown);
    else findings.effect(`read:${name}`);
  }
  if (known.runs) runArguments(resolver, args);
  if (known.reads !== undefined) readArgument(resolver, args[known.reads]);
  if (known.special) special(resolver, called, known.special, args);
}

/** The text of an argument, where it is written or bound; what is bound may be another text the next time. */
function textOf({ findings }: Resolver, value: Value | undefined): string | undefined {
  if (value?.open) findings.dependsOnParameters = true;
  return value?.constant;
}

/** Connections, texts and options come in any order: every constant that is a statement is read as one. */
function runArguments(resolver: Resolver, args: readonly Value[]): void {
  resolver.findings.effect('dynamic');
  for (const arg of args) {
    const text = textOf(resolver, arg);
    if (text !== undefined) runText(resolver, text);
  }
}

function readArgument(resolver: Resolver, arg: Value | undefined): void {
  const text = textOf(resolver, arg);
  const relation = text === undefined ? undefined : relationNamed(resolver, text);
  if (!relation) return resolver.findings.effect('dynamic');
  for (const { value } of resolver.open(relation)) resolver.findings.use('derivation', value, 'a function that reads a relation by its name');
}

const MANY = 1_000_000;

function special(resolver: Resolver, called: SqlFunction, what: NonNullable<KnownFunction['special']>, args: readonly Value[]): void {
  const { findings } = resolver;
  const [first, second] = args.map((arg) => textOf(resolver, arg));
  switch (what) {
    case 'set-config':
      return first === undefined ? anySettingChanged(findings) : settingChanged(findings, first, second, second === undefined ? 'computed' : 'known');
    case 'current-setting':
      return settingShown(findings, first);
    case 'repeats':
      return lengthMade(called, args) > MANY ? findings.effect('dos') : undefined;
    case 'series':
      return Number(second ?? 0) - Number(first ?? 0) > 10 * MANY ? findings.effect('dos') : undefined;
    case 'sequence':
      return sequenceEffect(resolver, args);
    case 'cursor':
      return undefined;
    default:
      return what satisfies never;
  }
}

function sequenceEffect(resolver: Resolver, args: readonly Value[]): void {
  const text = textOf(resolver, args[0]);
  const sequence = text === undefined ? undefined : relationNamed(resolver, text);
  const verb = args.length > 1 ? 'setval' : 'nextval';
  resolver.findings.effect(sequence ? `admin:${verb}:${detail(nameOf(sequence))}` : `admin:${verb}`);
}
