import type { Alias, JoinExpr, JsonTable, Node, RangeFunction, RangeSubselect, RangeTableFunc, RangeVar } from 'libpg-query';
import { detail } from '../effect.ts';
import { bodyOf, childrenOf, kindOf, partsOf } from '../tree.ts';
import { derivedFrom, eitherOf, unknownValue, type Field, type Value } from '../value.ts';
import type { Extent, Resolver } from './resolver.ts';
import { joined, nested, type FromItem, type Scope, type Source } from './scope.ts';

/** What an item of a FROM list makes visible. `siblings` is what stands before it, for what is LATERAL. */
export function from(resolver: Resolver, node: Node, scope: Scope, siblings: Scope): FromItem {
  const table = bodyOf(node, 'RangeVar');
  if (table) return tableItem(resolver, table, scope);
  const join = bodyOf(node, 'JoinExpr');
  if (join) return joinItem(resolver, join, scope, siblings);
  const subselect = bodyOf(node, 'RangeSubselect');
  if (subselect) return subselectItem(resolver, subselect, scope, siblings);
  const called = bodyOf(node, 'RangeFunction');
  if (called) return functionItem(resolver, called, siblings);
  const sample = bodyOf(node, 'RangeTableSample');
  if (sample?.relation) {
    for (const arg of [...(sample.args ?? []), ...(sample.repeatable ? [sample.repeatable] : [])]) resolver.expression(arg, siblings);
    const method = partsOf(sample.method).at(-1) ?? '';
    if (!['bernoulli', 'system', 'system_rows', 'system_time'].includes(method)) resolver.findings.effect(`func:${detail(partsOf(sample.method).join('.'))}`);
    return from(resolver, sample.relation, scope, siblings);
  }
  const tableFunction = bodyOf(node, 'RangeTableFunc') ?? bodyOf(node, 'JsonTable');
  if (tableFunction) return documentItem(resolver, tableFunction, siblings);
  resolver.findings.notUnderstood(`${kindOf(node)} in FROM`);
  return { sources: [], fields: [] };
}

function tableItem(resolver: Resolver, table: RangeVar, scope: Scope): FromItem {
  const name = table.relname ?? '';
  const cte = table.schemaname === undefined ? scope.ctes.get(name) : undefined;
  if (cte) return aliased({ name, fields: cte }, table.alias);
  const relation = resolver.relation(table);
  if (!relation) return aliased({ name, fields: [] }, table.alias);
  const fields = resolver.open(relation, extentOf(table));
  return aliased(table.alias ? { name, fields, relation } : { name, schema: relation.schema, fields, relation }, table.alias);
}

/** The grammar says `inh` where the words ONLY are not there. */
const extentOf = ({ inh }: RangeVar): Extent => (inh ? 'family' : 'only');

function aliased(source: Source, alias: Alias | undefined): FromItem {
  const names = partsOf(alias?.colnames);
  const fields = renamed(source.fields, names);
  const named: Source = { ...source, name: alias?.aliasname ?? source.name, fields };
  return { sources: [named], fields };
}

export function renamed(fields: readonly Field[], names: readonly string[]): readonly Field[] {
  return names.length === 0 ? fields : fields.map(({ name, value }, at) => ({ name: names[at] ?? name, value }));
}

function joinItem(resolver: Resolver, join: JoinExpr, scope: Scope, siblings: Scope): FromItem {
  const left = join.larg ? from(resolver, join.larg, scope, siblings) : { sources: [], fields: [] };
  const right = join.rarg ? from(resolver, join.rarg, scope, nested(scope, joined(siblings, left))) : { sources: [], fields: [] };
  const shared = join.isNatural
    ? left.fields.map(({ name }) => name).filter((name) => right.fields.some((field) => field.name === name))
    : partsOf(join.usingClause);
  const merged = [...new Set(shared)].map((name) => mergedField(resolver, name, left, right));
  const rest = [...left.fields, ...right.fields].filter(({ name }) => !shared.includes(name));
  const fields = [...merged, ...rest];
  const sources = [...left.sources, ...right.sources];
  if (join.quals)
    resolver.findings.use(
      'predicate',
      resolver.expression(join.quals, nested(scope, { sources: [...siblings.sources, ...sources], fields: [...siblings.fields, ...fields] })),
      'JOIN',
    );
  if (join.alias) return aliased({ name: '', fields }, join.alias);
  const using = join.join_using_alias?.aliasname;
  return { sources: using === undefined ? sources : [...sources, { name: using, fields: merged }], fields };
}

/** A column that both sides have: they are compared. */
function mergedField(resolver: Resolver, name: string, left: FromItem, right: FromItem): Field {
  const values = [left, right].flatMap(({ fields }) => fields.filter((field) => field.name === name).map(({ value }) => value));
  resolver.findings.use('predicate', derivedFrom(values), 'JOIN');
  return { name, value: eitherOf(values) };
}

function subselectItem(resolver: Resolver, { lateral, subquery, alias }: RangeSubselect, scope: Scope, siblings: Scope): FromItem {
  const fields = subquery ? resolver.statement(subquery, nested(lateral ? siblings : scope, {})) : [];
  return aliased({ name: '', fields }, alias);
}

/** Functions in FROM see what stands before them, said or not. */
function functionItem(resolver: Resolver, { functions = [], ordinality, alias, coldeflist }: RangeFunction, siblings: Scope): FromItem {
  const single = functions.length === 1;
  const fields = functions.flatMap((node) => {
    const [call, columns] = bodyOf(node, 'List')?.items ?? [];
    const value = call ? resolver.expression(call, siblings) : unknownValue;
    const declared = declaredColumns(resolver, bodyOf(columns, 'List')?.items ?? coldeflist ?? [], value);
    return declared.length > 0 ? declared : fieldsOfResult(value, (single ? alias?.aliasname : undefined) ?? calledName(call));
  });
  const counted = ordinality ? [...fields, { name: 'ordinality', value: derivedFrom([]) }] : fields;
  return aliased({ name: calledName(bodyOf(functions[0], 'List')?.items?.[0]), fields: counted }, alias);
}

function declaredColumns(resolver: Resolver, columns: readonly Node[], value: Value): readonly Field[] {
  return columns.flatMap((node) => {
    const column = bodyOf(node, 'ColumnDef');
    if (!column) return [];
    resolver.convert(resolver.type(column.typeName));
    return [{ name: column.colname ?? '', value: derivedFrom([value]) }];
  });
}

const fieldsOfResult = (value: Value, name: string): readonly Field[] => value.fields ?? [{ name, value }];

function calledName(node: Node | undefined): string {
  return partsOf(bodyOf(node, 'FuncCall')?.funcname).at(-1) ?? '';
}

/** XMLTABLE and JSON_TABLE: rows out of a document, as many as it says. */
function documentItem(resolver: Resolver, item: RangeTableFunc | JsonTable, siblings: Scope): FromItem {
  const { alias, columns = [], ...rest } = item;
  const values = [...childrenOf(rest)].map((node) => resolver.expression(node, siblings));
  const document = derivedFrom(values);
  resolver.findings.use('derivation', document, 'a table made of a document');
  const fields = columns.flatMap((node) => documentColumns(resolver, node, document, siblings));
  return aliased({ name: 'xmltable', fields }, alias);
}

function documentColumns(resolver: Resolver, node: Node, document: Value, siblings: Scope): readonly Field[] {
  const xml = bodyOf(node, 'RangeTableFuncCol');
  const json = bodyOf(node, 'JsonTableColumn');
  const { typeName } = xml ?? json ?? {};
  resolver.convert(resolver.type(typeName));
  for (const part of [xml?.colexpr, xml?.coldefexpr])
    if (part) resolver.findings.use('derivation', resolver.expression(part, siblings), 'a table made of a document');
  if (json?.columns) return json.columns.flatMap((inner) => documentColumns(resolver, inner, document, siblings));
  return [{ name: xml?.colname ?? json?.name ?? '', value: document }];
}
