import type { A_Expr, A_Indirection, ColumnRef, Node, SubLink } from 'libpg-query';
import { bodyOf, childrenOf, constantOf, kindOf, partsOf, type BodyOf, type Kind } from '../tree.ts';
import { BLANK, constantValue, derivedFrom, eitherOf, openOf, rowValue, unknownValue, type Value } from '../value.ts';
import { calledFunction } from './call.ts';
import { operate } from './operator.ts';
import type { Resolver } from './resolver.ts';
import { findColumn, findName, findSource, rowOf, type Scope } from './scope.ts';

type Handler<K extends Kind> = (resolver: Resolver, body: BodyOf<K>, scope: Scope) => Value;
type Handlers = { readonly [K in Kind]?: Handler<K> };

/** What an expression gives, and in passing what it does. */
export function expression(resolver: Resolver, node: Node, scope: Scope): Value {
  const kind = kindOf(node);
  if (resolver.catalog.server < sinceOf(kind)) resolver.findings.notUnderstood('a word that this server may read as the name of a function');
  const handler = HANDLERS[kind];
  // The table pairs each kind with the handler of its body; the compiler cannot follow that through a lookup.
  if (handler) return (handler as Handler<Kind>)(resolver, bodyOf(node, kind) as BodyOf<Kind>, scope);
  return somehow(resolver, kind, bodyOf(node, kind), scope);
}

const CONSTRUCTORS: ReadonlySet<Kind> = new Set([
  'JsonObjectConstructor',
  'JsonArrayConstructor',
  'JsonArrayQueryConstructor',
  'JsonObjectAgg',
  'JsonArrayAgg',
  'JsonIsPredicate',
]);

/** Since when the server's grammar has a kind: before, what is written so was a call of a function, if there is one of that name. */
function sinceOf(kind: Kind): number {
  if (CONSTRUCTORS.has(kind)) return 160_000;
  return kind === 'MergeSupportFunc' || (kind.startsWith('Json') && kind !== 'JsonValueExpr' && kind !== 'JsonKeyValue') ? 170_000 : 0;
}

/** A kind that nothing is known of in particular: what is in it is read, and whatever it makes of a column may fail. */
function somehow(resolver: Resolver, kind: Kind, body: unknown, scope: Scope): Value {
  const value = derivedFrom(allOf(resolver, [...childrenOf(body)], scope));
  resolver.findings.use('derivation', value, kind);
  return value;
}

const allOf = (resolver: Resolver, nodes: readonly Node[] | undefined, scope: Scope): readonly Value[] =>
  (nodes ?? []).map((node) => resolver.expression(node, scope));

const HANDLERS: Handlers = {
  A_Const: (_, constant) => (constant.isnull ? BLANK : constantValue(constantOf({ A_Const: constant }), constantType({ A_Const: constant }))),
  ParamRef: (resolver, { number = 0 }, scope) => parameter(resolver, number, scope),
  ColumnRef: columnReference,
  A_Expr: operatorExpression,
  TypeCast: (resolver, { arg, typeName }, scope) => {
    const value = arg ? resolver.expression(arg, scope) : BLANK;
    return castTo(resolver, value, typeName);
  },
  BoolExpr: (resolver, { args }, scope) => predicate(resolver, derivedFrom(allOf(resolver, args, scope), BOOLEAN), 'a condition'),
  NullTest: (resolver, { arg }, scope) => predicate(resolver, derivedFrom(allOf(resolver, arg ? [arg] : [], scope), BOOLEAN), 'IS NULL'),
  BooleanTest: (resolver, { arg }, scope) => predicate(resolver, derivedFrom(allOf(resolver, arg ? [arg] : [], scope), BOOLEAN), 'IS TRUE'),
  CaseExpr: (resolver, { arg, args = [], defresult }, scope) => {
    const tested = arg ? predicate(resolver, resolver.expression(arg, scope), 'CASE') : undefined;
    const branches = args.flatMap((node) => {
      const branch = bodyOf(node, 'CaseWhen');
      const asked = branch?.expr ? predicate(resolver, resolver.expression(branch.expr, scope), 'CASE') : undefined;
      if (tested && asked) operate(resolver, ['='], tested, asked);
      return branch?.result ? [resolver.expression(branch.result, scope)] : [];
    });
    return derivedFrom([...branches, ...(defresult ? [resolver.expression(defresult, scope)] : [])], branches[0]?.type);
  },
  CoalesceExpr: (resolver, { args }, scope) => firstType(allOf(resolver, args, scope)),
  MinMaxExpr: (resolver, { args }, scope) => {
    const values = allOf(resolver, args, scope);
    return predicate(resolver, firstType(values), 'GREATEST or LEAST');
  },
  A_ArrayExpr: (resolver, { elements }, scope) => derivedFrom(allOf(resolver, elements, scope)),
  RowExpr: (resolver, { args }, scope) => rowValue(allOf(resolver, args, scope).map((value, at) => ({ name: `f${at + 1}`, value }))),
  NamedArgExpr: (resolver, { arg }, scope) => (arg ? resolver.expression(arg, scope) : BLANK),
  CollateClause: (resolver, { arg }, scope) => (arg ? resolver.expression(arg, scope) : BLANK),
  List: (resolver, { items }, scope) => derivedFrom(allOf(resolver, items, scope)),
  A_Indirection: indirection,
  SubLink: subLink,
  FuncCall: calledFunction,
  SQLValueFunction: () => BLANK,
  SetToDefault: () => BLANK,
  CurrentOfExpr: () => BLANK,
  MergeSupportFunc: () => BLANK,
  GroupingFunc: () => BLANK,
  MultiAssignRef: (resolver, { source, colno = 1 }, scope) => {
    const value = source ? resolver.expression(source, scope) : BLANK;
    return value.fields?.[colno - 1]?.value ?? derivedFrom([value]);
  },
  JsonObjectConstructor: (resolver, { exprs }, scope) => derivedFrom(allOf(resolver, exprs, scope)),
  JsonArrayConstructor: (resolver, { exprs }, scope) => derivedFrom(allOf(resolver, exprs, scope)),
  JsonValueExpr: (resolver, { raw_expr }, scope) => (raw_expr ? resolver.expression(raw_expr, scope) : BLANK),
  JsonKeyValue: (resolver, { key, value }, scope) =>
    derivedFrom([...allOf(resolver, key ? [key] : [], scope), ...allOf(resolver, value?.raw_expr ? [value.raw_expr] : [], scope)]),
  JsonArrayQueryConstructor: (resolver, { query }, scope) => derivedFrom(query ? resolver.statement(query, scope).map(({ value }) => value) : []),
  SelectStmt: (resolver, body, scope) => rowValue(resolver.query(body, scope)),
  TypeName: (resolver, body) => {
    resolver.convert(resolver.type(body));
    return BLANK;
  },
};

const firstType = (values: readonly Value[]): Value => derivedFrom(values, values.find(({ type }) => type !== undefined)?.type);

const BOOLEAN = 16;
const INTEGER = 23;
const NUMERIC = 1700;
const TEXTS: ReadonlySet<number> = new Set([25, 1043, 1042, 19, 18]);

function constantType(node: Node): number | undefined {
  const constant = bodyOf(node, 'A_Const');
  if (constant?.ival) return INTEGER;
  if (constant?.fval) return NUMERIC;
  return constant?.boolval ? BOOLEAN : undefined;
}

function predicate(resolver: Resolver, value: Value, by: string): Value {
  resolver.findings.use('predicate', value, by);
  return value;
}

function parameter({ parameters }: Resolver, number: number, scope: Scope): Value {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const own = at.variables?.get(`$${number}`);
    if (own) return own;
  }
  return { ...constantValue(parameters?.[number - 1] ?? undefined), open: true };
}

function columnReference(resolver: Resolver, { fields }: ColumnRef, scope: Scope): Value {
  const parts = partsOf(fields);
  const value = named(resolver, parts, scope) ?? (parts.at(-1) === '*' ? starValue(scope, parts) : undefined);
  if (value) {
    noteColumns(resolver, value);
    return value;
  }
  if (unknownNames(scope)) return BLANK;
  // The server would refuse it as well, unless it knows something that we do not.
  resolver.findings.notUnderstood(`no column is called ${parts.join('.')}`);
  return unknownValue;
}

const unknownNames = (scope: Scope | undefined): boolean => scope !== undefined && (scope.unknownNames === 'variables' || unknownNames(scope.outer));

function named(resolver: Resolver, parts: readonly string[], scope: Scope): Value | undefined {
  const [first = '', second, third, fourth] = parts;
  if (second === undefined) return findName(scope, first);
  if (second === '*') return undefined;
  if (fourth !== undefined) return qualified(scope, third ?? '', fourth, second);
  if (third !== undefined && third !== '*') return qualified(scope, second, third, first);
  const source = findSource(scope, first);
  if (!source) return variableField(scope, first, second);
  return findColumn(source, second) ?? calledAsColumn(resolver, source, second);
}

/** `new.id` in a rule, `i.id` of a parameter that is a row. */
function variableField(scope: Scope, name: string, field: string): Value | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const variable = at.variables?.get(name);
    if (variable) return variable.fields?.find((each) => each.name === field)?.value ?? derivedFrom([variable]);
  }
  return undefined;
}

function qualified(scope: Scope, table: string, column: string, schema: string): Value | undefined {
  const source = findSource(scope, table, schema);
  return source ? findColumn(source, column) : variableField(scope, table, column);
}

/** `u.purge` where `purge` is a function that takes a row of `u`. */
function calledAsColumn(resolver: Resolver, source: Parameters<typeof rowOf>[0], name: string): Value | undefined {
  const row = rowOf(source);
  const functions = [...new Set(['pg_catalog', ...(resolver.namespace.searchPath ?? [])])].flatMap((schema) => resolver.catalog.functions(schema, name));
  const taking = functions.filter(({ parameters, defaults }) => parameters.length >= 1 && parameters.length - defaults <= 1);
  return taking.length > 0 ? resolver.call(taking, [row], name) : undefined;
}

function starValue(scope: Scope, parts: readonly string[]): Value | undefined {
  if (parts.length === 1) return rowValue(scope.fields);
  const source = findSource(scope, parts.at(-2) ?? '', parts.at(-3));
  return source && rowOf(source);
}

/** Which columns of stored relations a value tells of: they are read. */
export function noteColumns({ catalog, namespace, findings }: Resolver, value: Value): void {
  for (const origin of value.origins) {
    findings.origins.add(origin);
    const dot = origin.indexOf('.');
    const oid = Number(origin.slice(0, dot));
    const relation = catalog.relationOf(oid) ?? [...namespace.temporary.values()].find((one) => one.oid === oid);
    if (relation && dot > 0) findings.read(relation, [origin.slice(dot + 1)]);
  }
}

const COMPARES: ReadonlySet<string> = new Set([
  'AEXPR_IN',
  'AEXPR_LIKE',
  'AEXPR_ILIKE',
  'AEXPR_SIMILAR',
  'AEXPR_BETWEEN',
  'AEXPR_NOT_BETWEEN',
  'AEXPR_BETWEEN_SYM',
  'AEXPR_NOT_BETWEEN_SYM',
  'AEXPR_DISTINCT',
  'AEXPR_NOT_DISTINCT',
  'AEXPR_NULLIF',
  'AEXPR_OP_ANY',
  'AEXPR_OP_ALL',
]);

/** What BETWEEN is made of. */
const BETWEEN: readonly (readonly string[])[] = [['<='], ['>='], ['<'], ['>']];

/** Operators that answer a question; those of other names make something. */
const COMPARISONS: ReadonlySet<string> = new Set('= <> != < <= > >= ~ ~* !~ !~* ~~ !~~ ~~* !~~* ^@ @> <@ && ? ?| ?&'.split(' '));

function operatorExpression(resolver: Resolver, { kind = 'AEXPR_OP', name, lexpr, rexpr }: A_Expr, scope: Scope): Value {
  const left = lexpr ? [resolver.expression(lexpr, scope)] : [];
  const right = rexpr ? [resolver.expression(rexpr, scope)] : [];
  const operator = partsOf(name);
  const ran = (kind.includes('BETWEEN') ? BETWEEN : [operator]).flatMap((each) =>
    operate(resolver, each, left[0], kind.includes('BETWEEN') ? { origins: BLANK.origins } : right[0]),
  );
  const values = [...left, ...right];
  const symbol = operator.at(-1) ?? '';
  if (kind === 'AEXPR_NULLIF') return predicate(resolver, derivedFrom(values, left[0]?.type), 'NULLIF');
  if (COMPARES.has(kind)) return predicate(resolver, derivedFrom(values, BOOLEAN), kind === 'AEXPR_OP' ? symbol : kind.slice(6));
  const result = derivedFrom([...values, ...ran]);
  if (symbol === '||') return concatenated(left[0], right[0], result);
  const compares = COMPARISONS.has(symbol);
  resolver.findings.use(compares ? 'predicate' : 'derivation', result, `the operator ${symbol}`);
  return compares ? { ...result, type: BOOLEAN } : result;
}

function concatenated(left: Value | undefined, right: Value | undefined, result: Value): Value {
  if (left?.constant === undefined || right?.constant === undefined) return { ...result, ...(left?.type === 25 || right?.type === 25 ? { type: 25 } : {}) };
  return { ...constantValue(left.constant + right.constant, 25), ...openOf([left, right]) };
}

/** Converting to a text always succeeds; whatever else a value is converted to may fail, and say with what value. */
function castTo(resolver: Resolver, value: Value, name: BodyOf<'TypeName'> | undefined): Value {
  const type = resolver.type(name);
  resolver.convert(type);
  if (!type) resolver.findings.notUnderstood(`no type is called ${partsOf(name?.names).join('.')}`);
  const oid = type?.oid;
  const array = (name?.arrayBounds?.length ?? 0) > 0;
  if (value.constant !== undefined) return { ...constantValue(value.constant, array ? undefined : oid), ...openOf([value]) };
  const same = oid !== undefined && value.type === oid && !array;
  if (!same && !(oid !== undefined && TEXTS.has(oid) && !array)) resolver.findings.use('derivation', value, `a cast to ${partsOf(name?.names).at(-1) ?? ''}`);
  if (same && value.fields) return value;
  const fields = type?.kind === 'composite' ? fieldsOfType(resolver, type.relation, value) : undefined;
  return { ...derivedFrom([value], array ? undefined : oid), ...(fields ? { fields } : {}) };
}

function fieldsOfType(resolver: Resolver, relation: number, value: Value): Value['fields'] {
  return resolver.catalog.relationOf(relation)?.columns.map(({ name, type }) => ({ name, value: derivedFrom([value], type) }));
}

function indirection(resolver: Resolver, { arg, indirection: steps = [] }: A_Indirection, scope: Scope): Value {
  let value = arg ? resolver.expression(arg, scope) : BLANK;
  for (const step of steps) {
    const field = bodyOf(step, 'String')?.sval;
    const indices = bodyOf(step, 'A_Indices');
    if (field !== undefined) value = fieldOf(resolver, value, field);
    else if (indices) {
      const bounds = [indices.lidx, indices.uidx].flatMap((bound) => (bound ? [resolver.expression(bound, scope)] : []));
      resolver.findings.use('derivation', derivedFrom(bounds), 'a subscript');
      value = derivedFrom([value, ...bounds]);
    }
  }
  return value;
}

function fieldOf(resolver: Resolver, value: Value, name: string): Value {
  const field = value.fields?.find((each) => each.name === name);
  if (field) return field.value;
  const functions = ['pg_catalog', ...(resolver.namespace.searchPath ?? [])].flatMap((schema) => resolver.catalog.functions(schema, name));
  const taking = functions.filter(({ parameters }) => parameters.length === 1);
  return value.fields && taking.length > 0 ? resolver.call(taking, [value], name) : derivedFrom([value]);
}

function subLink(resolver: Resolver, { subLinkType, testexpr, operName, subselect }: SubLink, scope: Scope): Value {
  const fields = subselect ? resolver.statement(subselect, scope) : [];
  const values = fields.map(({ value }) => value);
  const tested = testexpr ? resolver.expression(testexpr, scope) : undefined;
  switch (subLinkType) {
    case 'EXISTS_SUBLINK':
      return { origins: BLANK.origins, type: BOOLEAN };
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK':
    case 'ROWCOMPARE_SUBLINK':
      operate(resolver, operName ? partsOf(operName) : ['='], tested, values[0]);
      return predicate(resolver, derivedFrom([...values, ...(tested ? [tested] : [])], BOOLEAN), 'a comparison with a subquery');
    case 'EXPR_SUBLINK':
      return eitherOf(values.slice(0, 1));
    case 'MULTIEXPR_SUBLINK':
      return rowValue(fields);
    default:
      return derivedFrom(values);
  }
}
