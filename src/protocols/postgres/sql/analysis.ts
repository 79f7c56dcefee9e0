import type { RawStmt } from 'libpg-query';
import type { Catalog } from './catalog/catalog.ts';
import { COMPUTES, effectTexts, type Effect } from './effect.ts';
import { Findings, type Use } from './findings.ts';
import type { Grammar } from './grammar.ts';
import { afterChange, type Change, type Namespace } from './namespace.ts';
import { createResolver } from './resolve/create-resolver.ts';
import { EMPTY_SCOPE } from './resolve/scope.ts';
import { kindOf, type Kind } from './tree.ts';
import type { Field } from './value.ts';

/** One statement of a text. */
export interface AnalysedStatement {
  readonly kind: Kind;
  readonly effects: readonly Effect[];
  /** Columns of its rows, in order; empty where it returns none. */
  readonly columns: readonly Field[];
  /** What it changes of what names mean, once it ran. */
  readonly changes: readonly Change[];
}

/** What a text does, before anything of it ran. The same for whoever sends it. */
export interface Analysis {
  readonly statements: readonly AnalysedStatement[];
  /** Of all statements together. */
  readonly effects: readonly Effect[];
  /** Where values of columns go besides the rows. */
  readonly uses: readonly Use[];
  /** Relations whose values errors and notices may quote, by oid. */
  readonly touched: ReadonlySet<number>;
  /** Relations whose definition it changes, by oid. */
  readonly defined: ReadonlySet<number>;
  readonly flags: readonly string[];
  /** What names were taken to mean, sorted. */
  readonly dependencies: readonly string[];
  /** Why some of it is not understood; then `unknown` is among the effects. */
  readonly unknown: string | undefined;
  /** Whether other parameters could have other effects: then it has to be analysed once more with those that are bound. */
  readonly dependsOnParameters: boolean;
  /** Whether it names what only this session has: a prepared statement, a cursor. */
  readonly dependsOnSession: boolean;
}

export interface AnalyseOptions {
  readonly grammar: Grammar;
  readonly catalog: Catalog;
  readonly namespace: Namespace;
  readonly parameters?: readonly (string | null)[];
  /** Types of parameters as the protocol's Parse names them: reading a value of a domain runs its checks. */
  readonly parameterTypes?: readonly number[];
}

/** Reads a text as the server will, statement by statement, each with the names that the ones before it leave. */
export function analyse(text: string, options: AnalyseOptions): Analysis {
  const { grammar, namespace } = options;
  const reading = namespace.lexing === 'standard' ? grammar.parse(text) : ({ kind: 'unparsed', reason: 'the session reads texts otherwise' } as const);
  if (reading.kind === 'unparsed') return notUnderstood(reading.reason);
  try {
    return analyseAll(reading.statements, options);
  } catch (error) {
    // A tree too deep for the walk; whatever else goes wrong here must not let anything through either.
    return notUnderstood(error instanceof RangeError ? 'the text is nested too deeply' : 'the text could not be analysed');
  }
}

function analyseAll(statements: readonly RawStmt[], options: AnalyseOptions): Analysis {
  const all = new Findings();
  const analysed: AnalysedStatement[] = [];
  let { namespace } = options;
  let renamed = false;
  for (const { stmt } of statements) {
    if (!stmt) continue;
    const findings = new Findings();
    const { grammar, catalog, parameters } = options;
    const resolver = createResolver({ grammar, catalog, namespace, findings, parameters, within: [] });
    for (const type of options.parameterTypes ?? []) resolver.convert(catalog.typeOf(type));
    const columns = resolver.statement(stmt, EMPTY_SCOPE);
    if (findings.effects.length === 0) findings.effect(COMPUTES);
    if (renamed) findings.notUnderstood('a statement before it changes what names or texts mean');
    renamed ||= findings.changes.some(changesMeaning);
    for (const change of findings.changes) namespace = afterChange(namespace, change);
    analysed.push({ kind: kindOf(stmt), effects: findings.effects, columns, changes: findings.changes });
    all.include(findings);
  }
  if (analysed.length === 0) all.effect(COMPUTES);
  if (analysed.length > 1) all.flags.add('several-statements');
  return finished(analysed, all);
}

const changesMeaning = ({ kind }: Change): boolean => kind === 'search-path' || kind === 'lexing' || kind === 'schema' || kind === 'names-lost';

function notUnderstood(reason: string): Analysis {
  const all = new Findings();
  all.effect('protocol:malformed');
  all.notUnderstood(reason);
  return finished([], all);
}

function finished(statements: readonly AnalysedStatement[], all: Findings): Analysis {
  return {
    statements,
    effects: all.effects,
    uses: all.uses,
    touched: all.touched,
    defined: all.defined,
    flags: [...all.flags],
    dependencies: [...all.dependencies].toSorted(),
    unknown: all.unknown,
    dependsOnParameters: all.dependsOnParameters,
    dependsOnSession: all.dependsOnSession,
  };
}

/** Every effect with every column that it names, as records and cases write it. */
export const textsOf = (effects: readonly Effect[]): readonly string[] => effects.flatMap(effectTexts);
