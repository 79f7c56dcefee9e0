import type { CommonTableExpr, LockingClause, Node, SelectStmt, WithClause } from 'libpg-query';
import { nameOf } from '../catalog/catalog.ts';
import { detail } from '../effect.ts';
import { bodyOf, constantOf, kindOf, partsOf } from '../tree.ts';
import { derivedFrom, eitherOf, rowValue, type Field, type Value } from '../value.ts';
import { renamed } from './from.ts';
import type { Resolver } from './resolver.ts';
import { joined, nested, type Scope } from './scope.ts';
import { stored } from './stored.ts';
import { consultWindow, sortKeys } from './window.ts';

/** A query: what it does, and where each of its columns comes from. */
export function query(resolver: Resolver, statement: SelectStmt, outer: Scope): readonly Field[] {
  const scope = nested(outer, { ctes: withCtes(resolver, statement.withClause, outer) });
  if (statement.op !== undefined && statement.op !== 'SETOP_NONE') return setOperation(resolver, statement, scope);
  if (statement.valuesLists) return tail(resolver, statement, scope, scope, values(resolver, statement.valuesLists, scope));
  return plainQuery(resolver, statement, scope);
}

function plainQuery(resolver: Resolver, statement: SelectStmt, outer: Scope): readonly Field[] {
  let siblings = nested(outer, {});
  for (const node of statement.fromClause ?? []) siblings = nested(outer, joined(siblings, resolver.from(node, outer, siblings)));
  const scope = siblings;
  if (statement.whereClause) consult(resolver, statement.whereClause, scope, 'WHERE');
  const fields = targets(resolver, statement.targetList, scope);
  for (const node of statement.windowClause ?? []) {
    const window = bodyOf(node, 'WindowDef');
    if (window) consultWindow(resolver, window, scope);
  }
  for (const node of groupKeys(statement.groupClause)) keyed(resolver, node, scope, fields, 'GROUP BY');
  if (statement.havingClause) consult(resolver, statement.havingClause, scope, 'HAVING');
  distinct(resolver, statement.distinctClause, scope, fields);
  for (const node of statement.lockingClause ?? []) lock(resolver, bodyOf(node, 'LockingClause'), scope);
  return tail(resolver, statement, outer, scope, fields);
}

/** What stands after a query, or after several that were put together. */
function tail(resolver: Resolver, statement: SelectStmt, outer: Scope, scope: Scope, fields: readonly Field[]): readonly Field[] {
  for (const node of statement.sortClause ?? []) {
    const sort = bodyOf(node, 'SortBy');
    if (sort?.useOp) sortKeys(resolver, [node], scope);
    else if (sort?.node) keyed(resolver, sort.node, scope, fields, 'ORDER BY');
  }
  for (const node of [statement.limitCount, statement.limitOffset]) if (node) consult(resolver, node, outer, 'LIMIT');
  if (statement.intoClause) stored(resolver, statement.intoClause, fields);
  return fields;
}

function consult(resolver: Resolver, node: Node, scope: Scope, by: string): void {
  resolver.findings.use('predicate', resolver.expression(node, scope), by);
}

export function targets(resolver: Resolver, list: readonly Node[] | undefined, scope: Scope): readonly Field[] {
  return (list ?? []).flatMap((node) => {
    const target = bodyOf(node, 'ResTarget');
    return target?.val ? targetFields(resolver, target.val, target.name, scope) : [];
  });
}

function targetFields(resolver: Resolver, node: Node, name: string | undefined, scope: Scope): readonly Field[] {
  const star = starOf(resolver, node, scope);
  if (star) return star;
  const value = resolver.expression(node, scope);
  return [{ name: name ?? outputName(node), value }];
}

/** `*`, `u.*`, `(f(x)).*`: as many columns as the row has. */
function starOf(resolver: Resolver, node: Node, scope: Scope): readonly Field[] | undefined {
  const reference = bodyOf(node, 'ColumnRef');
  if (reference && partsOf(reference.fields).at(-1) === '*') return resolver.expression(node, scope).fields ?? [];
  const indirection = bodyOf(node, 'A_Indirection');
  const last = indirection?.indirection?.at(-1);
  if (!indirection?.arg || !last || !bodyOf(last, 'A_Star')) return undefined;
  const steps = indirection.indirection?.slice(0, -1) ?? [];
  const value = resolver.expression(steps.length === 0 ? indirection.arg : { A_Indirection: { arg: indirection.arg, indirection: steps } }, scope);
  if (value.fields) return value.fields;
  // A row of which nobody knows how many columns it has: nothing after it can be counted.
  resolver.findings.notUnderstood('the columns of a row are not known');
  return [{ name: '*', value }];
}

/** The name that the server gives a column without one. */
function outputName(node: Node): string {
  const reference = bodyOf(node, 'ColumnRef');
  if (reference) return partsOf(reference.fields).at(-1) ?? '?column?';
  const call = bodyOf(node, 'FuncCall');
  if (call) return partsOf(call.funcname).at(-1) ?? '?column?';
  const cast = bodyOf(node, 'TypeCast');
  if (cast?.arg) return outputName(cast.arg) === '?column?' ? (partsOf(cast.typeName?.names).at(-1) ?? '?column?') : outputName(cast.arg);
  const steps = bodyOf(node, 'A_Indirection');
  if (steps) return partsOf(steps.indirection).findLast((part) => part !== '' && part !== '*') ?? '?column?';
  const names: Readonly<Record<string, string>> = { CaseExpr: 'case', CoalesceExpr: 'coalesce', A_ArrayExpr: 'array', RowExpr: 'row', SubLink: 'subquery' };
  return names[kindOf(node)] ?? '?column?';
}

function setOperation(resolver: Resolver, statement: SelectStmt, scope: Scope): readonly Field[] {
  const left = statement.larg ? query(resolver, statement.larg, scope) : [];
  const right = statement.rarg ? query(resolver, statement.rarg, scope) : [];
  const fields = left.map(({ name, value }, at) => ({ name, value: eitherOf([value, ...(right[at] ? [right[at].value] : [])]) }));
  const compares = statement.op !== 'SETOP_UNION' || !statement.all;
  if (compares) resolver.findings.use('predicate', rowValue(fields), 'UNION, INTERSECT or EXCEPT');
  return tail(resolver, statement, scope, nested(scope, { fields }), fields);
}

function values(resolver: Resolver, lists: readonly Node[], scope: Scope): readonly Field[] {
  const rows = lists.map((list) => (bodyOf(list, 'List')?.items ?? []).map((node) => resolver.expression(node, scope)));
  return (rows[0] ?? []).map((_, at) => ({ name: `column${at + 1}`, value: eitherOf(rows.flatMap((row) => (row[at] ? [row[at]] : []))) }));
}

function groupKeys(clause: readonly Node[] | undefined): readonly Node[] {
  return (clause ?? []).flatMap((node) => {
    const set = bodyOf(node, 'GroupingSet');
    return set ? groupKeys(set.content) : [node];
  });
}

/** A key of GROUP BY or ORDER BY: a column by its number, an output by its name, or an expression. A name may be either: both count. */
function keyed(resolver: Resolver, node: Node, scope: Scope, fields: readonly Field[], by: string): void {
  const number = bodyOf(node, 'A_Const') ? Number(constantOf(node)) : Number.NaN;
  if (Number.isInteger(number)) return resolver.findings.use('predicate', fields[number - 1]?.value ?? rowValue(fields), by);
  const parts = partsOf(bodyOf(node, 'ColumnRef')?.fields);
  const outputs = parts.length === 1 ? fields.filter(({ name }) => name === parts[0]).map(({ value }) => value) : [];
  const value: Value = outputs.length > 0 ? derivedFrom([...outputs, ...inputNamed(resolver, node, scope)]) : resolver.expression(node, scope);
  resolver.findings.use('predicate', value, by);
}

function inputNamed(resolver: Resolver, node: Node, scope: Scope): readonly Value[] {
  const name = partsOf(bodyOf(node, 'ColumnRef')?.fields)[0];
  return scope.fields.some((field) => field.name === name) ? [resolver.expression(node, scope)] : [];
}

function distinct(resolver: Resolver, clause: readonly Node[] | undefined, scope: Scope, fields: readonly Field[]): void {
  if (!clause || clause.length === 0) return;
  const keys = clause.filter((node) => Object.keys(node).length > 0);
  if (keys.length === 0) resolver.findings.use('predicate', rowValue(fields), 'DISTINCT');
  for (const node of keys) keyed(resolver, node, scope, fields, 'DISTINCT');
}

function lock(resolver: Resolver, clause: LockingClause | undefined, scope: Scope): void {
  const named = (clause?.lockedRels ?? []).flatMap((node) => bodyOf(node, 'RangeVar')?.relname ?? []);
  const relations = scope.sources.flatMap(({ name, relation }) => (relation && (named.length === 0 || named.includes(name)) ? [relation] : []));
  for (const relation of relations) resolver.findings.effect(`lock:rows:${detail(nameOf(relation))}`);
  if (relations.length === 0) resolver.findings.effect('lock:rows');
}

export function withCtes(resolver: Resolver, clause: WithClause | undefined, outer: Scope): ReadonlyMap<string, readonly Field[]> {
  let ctes = outer.ctes;
  for (const node of clause?.ctes ?? []) {
    const cte = bodyOf(node, 'CommonTableExpr');
    if (cte) ctes = new Map([...ctes, [cte.ctename ?? '', cteFields(resolver, cte, nested(outer, { ctes }), clause?.recursive === true)]]);
  }
  return ctes;
}

function cteFields(resolver: Resolver, cte: CommonTableExpr, scope: Scope, recursive: boolean): readonly Field[] {
  const statement = cte.ctequery;
  if (!statement) return [];
  const union = bodyOf(statement, 'SelectStmt');
  const refersToItself = recursive && union?.op === 'SETOP_UNION' && union.larg;
  const fields = refersToItself && union ? recursiveFields(resolver, cte, union, scope) : resolver.statement(statement, scope);
  return [...renamed(fields, partsOf(cte.aliascolnames)), ...addedColumns(cte, fields)];
}

/** What goes round may end in any of its columns. */
function recursiveFields(resolver: Resolver, cte: CommonTableExpr, union: SelectStmt, scope: Scope): readonly Field[] {
  const { withClause, larg } = union;
  const inner = nested(scope, { ctes: withCtes(resolver, withClause, scope) });
  const names = partsOf(cte.aliascolnames);
  const first = larg ? renamed(query(resolver, larg, inner), names) : [];
  const self = (fields: readonly Field[]): Scope => nested(scope, { ctes: new Map([...scope.ctes, [cte.ctename ?? '', fields]]) });
  let fields = first;
  // Each round may carry a value one column further.
  for (let round = 0; round <= first.length; round += 1) fields = renamed(query(resolver, union, self(fields)), names);
  return boundless(resolver, union, fields);
}

const MANY = 10_000;

/** A recursion over numbers alone, with no end or a far one, is there to use up the server. */
function boundless(resolver: Resolver, { rarg }: SelectStmt, fields: readonly Field[]): readonly Field[] {
  const tables = (rarg?.fromClause ?? []).length;
  const bound = JSON.stringify(rarg?.whereClause ?? null);
  const numbers = [...bound.matchAll(/"ival":(\d+)/g)].map(([, digits]) => Number(digits));
  if (tables <= 1 && (rarg?.whereClause === undefined || numbers.some((number) => number > MANY))) resolver.findings.effect('dos');
  return fields;
}

function addedColumns({ search_clause: search, cycle_clause: cycle }: CommonTableExpr, fields: readonly Field[]): readonly Field[] {
  const all = derivedFrom(fields.map(({ value }) => value));
  const names = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column].filter((name) => name !== undefined);
  return names.map((name) => ({ name, value: all }));
}
