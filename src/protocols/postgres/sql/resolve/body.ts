import type { Node } from 'libpg-query';
import { nameOf, type SqlFunction } from '../catalog/catalog.ts';
import { Findings } from '../findings.ts';
import { ANYTHING, BLANK, derivedFrom, rowValue, type Field, type Value } from '../value.ts';
import { MAX_DEPTH } from './relation.ts';
import type { Resolver } from './resolver.ts';
import { EMPTY_SCOPE, type Scope } from './scope.ts';

/**
 * What a function that people wrote does and gives, from its own body. SQL is read as a statement of the caller's;
 * PL/pgSQL statement by statement. Of other languages nobody can tell: they may give back anything.
 */
export function bodyOfFunction(resolver: Resolver, called: SqlFunction, args: readonly Value[]): Value {
  const { source, language } = called;
  if (resolver.within.includes(called.oid)) return derivedFrom(args, called.returns);
  if (source === undefined || resolver.within.length > MAX_DEPTH) return opaque(called, args);
  const findings = new Findings('body');
  const inside = resolver.with({ findings, within: [...resolver.within, called.oid], parameters: undefined, namespace: namespaceOf(resolver, called) });
  const value = language === 'sql' ? sqlBody(inside, called, source, args) : procedureBody(inside, called, source, args);
  resolver.findings.include(findings);
  return value;
}

const opaque = ({ returns }: SqlFunction, args: readonly Value[]): Value => ({ origins: new Set([ANYTHING, ...derivedFrom(args).origins]), type: returns });

function namespaceOf({ namespace }: Resolver, { searchPath }: SqlFunction): Resolver['namespace'] {
  if (searchPath === undefined) return namespace;
  const path = searchPath
    .split(',')
    .map((part) => part.trim().replaceAll(/^"|"$/g, ''))
    .filter((part) => part !== '' && part !== '$user');
  return { ...namespace, searchPath: path };
}

function scopeOf({ name: functionName, parameters }: SqlFunction, args: readonly Value[]): Scope {
  const named = parameters.flatMap(({ name, type }, at) => {
    const value: Value = args[at] ?? { ...BLANK, type };
    const numbered = [`$${at + 1}`, value] as const;
    return name === '' ? [numbered] : [numbered, [name, value] as const];
  });
  const fields = named.map(([name, value]) => ({ name, value }));
  return { ...EMPTY_SCOPE, variables: new Map(named), sources: [{ name: functionName, fields }] };
}

/** The last statement's rows are the result. */
function sqlBody(resolver: Resolver, called: SqlFunction, source: string, args: readonly Value[]): Value {
  const statements = statementsIn(resolver, source);
  if (!statements) {
    resolver.findings.notUnderstood(`the function ${nameOf(called)} is not understood`);
    return opaque(called, args);
  }
  let fields: readonly Field[] = [];
  for (const statement of statements) fields = resolver.statement(statement, scopeOf(called, args));
  return resultOf(resolver, called, fields);
}

function resultOf({ catalog }: Resolver, { returns, outputs }: SqlFunction, fields: readonly Field[]): Value {
  const names = outputs ?? catalog.relationOf(catalog.typeOf(returns)?.relation ?? 0)?.columns.map(({ name }) => name);
  const [only] = fields;
  if (fields.length === 1 && only?.value.fields === undefined && (names?.length ?? 0) < 2) return { ...(only?.value ?? BLANK), type: returns };
  if (fields.length === 1 && only?.value.fields) return { ...only.value, type: returns };
  return rowValue(
    fields.map(({ name, value }, at) => ({ name: names?.[at] ?? name, value })),
    returns,
  );
}

function statementsIn(resolver: Resolver, source: string): readonly Node[] | undefined {
  const atomic = /^\s*BEGIN ATOMIC\b([\s\S]*)\bEND\s*$/.exec(source)?.[1];
  const reading = resolver.grammar.parse((atomic ?? source).replace(/^\s*RETURN\b/, 'SELECT'));
  return reading.kind === 'statements' ? reading.statements.flatMap(({ stmt }) => (stmt ? [stmt] : [])) : undefined;
}

/** It gives what it was given, or anything that it reads. */
function procedureBody(resolver: Resolver, called: SqlFunction, source: string, args: readonly Value[]): Value {
  const parsed = resolver.grammar.parseFunction(declaration(called, source));
  if (parsed === undefined) {
    resolver.findings.effect('dynamic');
    return opaque(called, args);
  }
  const scope: Scope = { ...scopeOf(called, args), unknownNames: 'variables' };
  const values = walk(resolver, parsed, scope, args);
  const { findings } = resolver;
  const unclear = findings.unknown !== undefined || findings.effects.some(({ name }) => name === 'dynamic');
  const origins = new Set([...derivedFrom([...values, ...args]).origins, ...findings.origins, ...(unclear ? [ANYTHING] : [])]);
  return { origins, type: called.returns };
}

function declaration({ parameters, returns, returnsSet, outputs }: SqlFunction, source: string): string {
  const quoted = (name: string, at: number): string => `"${(name === '' ? `p${at}` : name).replaceAll('"', '""')}" text`;
  const ins = parameters.map(({ name }, at) => quoted(name, at));
  const outs = outputs && returnsSet ? outputs.map((name, at) => `out ${quoted(name, at)}`) : [];
  const TRIGGER = 2279;
  const EVENT_TRIGGER = 3838;
  const result =
    returns === TRIGGER ? 'trigger' : returns === EVENT_TRIGGER ? 'event_trigger' : returnsSet ? 'setof record' : outs.length > 0 ? 'record' : 'text';
  const tag = `$body${source.length}$`;
  return `create function f(${[...ins, ...outs].join(', ')}) returns ${result} language plpgsql as ${tag}${source}${tag}`;
}

/** Every expression and statement that the body holds, wherever it stands in it. */
function walk(resolver: Resolver, part: unknown, scope: Scope, args: readonly Value[]): readonly Value[] {
  if (Array.isArray(part)) return part.flatMap((item) => walk(resolver, item, scope, args));
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, member]) => {
    if (name === 'PLpgSQL_stmt_dynexecute' || name === 'PLpgSQL_stmt_dynfors' || name === 'dynquery') runDynamic(resolver, args);
    if (name === 'PLpgSQL_expr') return runFragment(resolver, member, scope);
    return walk(resolver, member, scope, args);
  });
}

/** It runs a text that it makes: what the caller gave is read as one, in case it is. */
function runDynamic(resolver: Resolver, args: readonly Value[]): void {
  resolver.findings.effect('dynamic');
  for (const { constant, open } of args) {
    if (open) resolver.findings.dependsOnParameters = true;
    if (constant !== undefined) runText(resolver, constant);
  }
}

function runFragment(resolver: Resolver, fragment: unknown, scope: Scope): readonly Value[] {
  const query = typeof fragment === 'object' && fragment !== null && 'query' in fragment ? fragment.query : undefined;
  if (typeof query !== 'string') return [];
  const mode = typeof fragment === 'object' && fragment !== null && 'parseMode' in fragment ? fragment.parseMode : 0;
  const texts = mode === 0 ? [query] : mode === 2 ? [`select ${query}`] : [`select ${query.replace(/^[^:=]*:?=/, '')}`];
  const statements = texts.flatMap((text) => statementsIn(resolver, text) ?? []);
  if (statements.length === 0) resolver.findings.notUnderstood('a statement of a function is not understood');
  return statements.flatMap((statement) => resolver.statement(statement, scope).map(({ value }) => value));
}

/** A text that something else runs: its effects are effects of this. What is no statement is left alone. */
export function runText(resolver: Resolver, text: string): void {
  if (resolver.within.length > MAX_DEPTH) return;
  const reading = resolver.grammar.parse(text);
  if (reading.kind !== 'statements') return;
  const inside = resolver.with({ within: [...resolver.within, 0] });
  for (const { stmt } of reading.statements) {
    if (!stmt) continue;
    for (const { value } of inside.statement(stmt, EMPTY_SCOPE)) resolver.findings.use('derivation', value, 'a text that is run');
  }
}
