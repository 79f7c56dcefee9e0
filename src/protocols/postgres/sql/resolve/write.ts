import type { DeleteStmt, InsertStmt, MergeStmt, Node, OnConflictClause, RangeVar, ReturningClause, UpdateStmt } from 'libpg-query';
import { nameOf, type Relation } from '../catalog/catalog.ts';
import { Findings } from '../findings.ts';
import { bodyOf } from '../tree.ts';
import { derivedFrom, rowValue, type Field, type Value } from '../value.ts';
import { fieldsOf, MAX_DEPTH, membersBeside } from './relation.ts';
import type { Resolver } from './resolver.ts';
import { EMPTY_SCOPE, joined, nested, type FromItem, type Scope, type Source } from './scope.ts';
import { targets, withCtes } from './select.ts';

type Verb = 'insert' | 'update' | 'delete';
/** What is written into which column. */
type Assignments = readonly Field[];

export function insert(resolver: Resolver, statement: InsertStmt, outer: Scope): readonly Field[] {
  const scope = nested(outer, { ctes: withCtes(resolver, statement.withClause, outer) });
  const target = targetOf(resolver, statement.relation);
  const select = bodyOf(statement.selectStmt, 'SelectStmt');
  const given = select ? resolver.query(select, scope) : [];
  const names = (statement.cols ?? []).map((node) => bodyOf(node, 'ResTarget')?.name ?? '');
  const assigned = given.map(({ value }, at) => ({ name: names[at] ?? target.fields[at]?.name ?? '', value }));
  written(resolver, 'insert', target, assigned, names.length > 0 ? names : []);
  const updated = conflict(resolver, statement.onConflictClause, target, scope);
  return returning(resolver, statement.returningClause, nested(scope, tainted(target, [...assigned, ...updated])));
}

function conflict(resolver: Resolver, clause: OnConflictClause | undefined, target: Source, outer: Scope): Assignments {
  if (!clause) return [];
  const scope = nested(outer, joined(itemOf(target), { sources: [{ name: 'excluded', fields: target.fields }], fields: [] }));
  for (const node of [clause.whereClause, clause.infer?.whereClause])
    if (node) resolver.findings.use('predicate', resolver.expression(node, scope), 'ON CONFLICT');
  for (const node of clause.infer?.indexElems ?? []) resolver.findings.use('predicate', conflictKey(resolver, node, target, scope), 'ON CONFLICT');
  if (clause.action !== 'ONCONFLICT_UPDATE') return [];
  const assigned = assignments(resolver, clause.targetList, scope);
  written(resolver, 'update', target, assigned);
  return assigned;
}

/** Whether a row collides tells whether its key is there. */
function conflictKey(resolver: Resolver, node: Node, target: Source, scope: Scope): Value {
  const { name, expr } = bodyOf(node, 'IndexElem') ?? {};
  if (expr) return resolver.expression(expr, scope);
  return target.fields.find((field) => field.name === name)?.value ?? derivedFrom([]);
}

export function update(resolver: Resolver, statement: UpdateStmt, outer: Scope): readonly Field[] {
  const scope = nested(outer, { ctes: withCtes(resolver, statement.withClause, outer) });
  const target = targetOf(resolver, statement.relation);
  const inside = among(resolver, target, statement.fromClause, scope);
  if (statement.whereClause) resolver.findings.use('predicate', resolver.expression(statement.whereClause, inside), 'WHERE');
  else resolver.findings.flags.add('unbounded');
  const assigned = assignments(resolver, statement.targetList, inside);
  written(resolver, 'update', target, assigned);
  const others = { sources: inside.sources.filter((source) => source !== target), fields: inside.fields.slice(target.fields.length) };
  return returning(resolver, statement.returningClause, nested(scope, joined(tainted(target, assigned), others)));
}

export function remove(resolver: Resolver, statement: DeleteStmt, outer: Scope): readonly Field[] {
  const scope = nested(outer, { ctes: withCtes(resolver, statement.withClause, outer) });
  const target = targetOf(resolver, statement.relation);
  const inside = among(resolver, target, statement.usingClause, scope);
  if (statement.whereClause) resolver.findings.use('predicate', resolver.expression(statement.whereClause, inside), 'WHERE');
  else resolver.findings.flags.add('unbounded');
  written(resolver, 'delete', target, []);
  return returning(resolver, statement.returningClause, inside);
}

export function merge(resolver: Resolver, statement: MergeStmt, outer: Scope): readonly Field[] {
  const scope = nested(outer, { ctes: withCtes(resolver, statement.withClause, outer) });
  const target = targetOf(resolver, statement.relation);
  const inside = among(resolver, target, statement.sourceRelation ? [statement.sourceRelation] : [], scope);
  if (statement.joinCondition) resolver.findings.use('predicate', resolver.expression(statement.joinCondition, inside), 'MERGE');
  if (target.relation) resolver.findings.write('merge', target.relation);
  const assigned = (statement.mergeWhenClauses ?? []).flatMap((node) => mergeClause(resolver, node, target, inside));
  const others = { sources: inside.sources.filter((source) => source !== target), fields: inside.fields.slice(target.fields.length) };
  return returning(resolver, statement.returningClause, nested(scope, joined(others, tainted(target, assigned))));
}

function mergeClause(resolver: Resolver, node: Node, target: Source, scope: Scope): Assignments {
  const clause = bodyOf(node, 'MergeWhenClause');
  if (clause?.condition) resolver.findings.use('predicate', resolver.expression(clause.condition, scope), 'MERGE');
  switch (clause?.commandType) {
    case 'CMD_DELETE':
      written(resolver, 'delete', target, []);
      return [];
    case 'CMD_UPDATE': {
      const assigned = assignments(resolver, clause.targetList, scope);
      written(resolver, 'update', target, assigned);
      return assigned;
    }
    case 'CMD_INSERT': {
      const names = (clause.targetList ?? []).map((item) => bodyOf(item, 'ResTarget')?.name ?? '');
      const assigned = (clause.values ?? []).map((value, at) => ({
        name: names[at] ?? target.fields[at]?.name ?? '',
        value: resolver.expression(value, scope),
      }));
      written(resolver, 'insert', target, assigned);
      return assigned;
    }
    default:
      return [];
  }
}

function targetOf(resolver: Resolver, reference: RangeVar | undefined): Source {
  const relation = reference ? resolver.relation(reference) : undefined;
  const name = reference?.alias?.aliasname ?? reference?.relname ?? '';
  if (!relation) return { name, fields: [] };
  const fields = relation.definition === undefined ? fieldsOf(resolver, relation) : resolver.open(relation);
  return reference?.alias ? { name, fields, relation } : { name, schema: relation.schema, fields, relation };
}

const itemOf = (source: Source): FromItem => ({ sources: [source], fields: source.fields });

function among(resolver: Resolver, target: Source, items: readonly Node[] | undefined, outer: Scope): Scope {
  let scope = nested(outer, itemOf(target));
  for (const node of items ?? []) scope = nested(outer, joined(scope, resolver.from(node, outer, scope)));
  return scope;
}

function assignments(resolver: Resolver, list: readonly Node[] | undefined, scope: Scope): Assignments {
  return (list ?? []).flatMap((node) => {
    const target = bodyOf(node, 'ResTarget');
    if (!target?.val) return [];
    const subscripts = (target.indirection ?? []).flatMap((step) => {
      const { lidx, uidx } = bodyOf(step, 'A_Indices') ?? {};
      return [lidx, uidx].flatMap((bound) => (bound ? [resolver.expression(bound, scope)] : []));
    });
    return [{ name: target.name ?? '', value: derivedOrSame(resolver.expression(target.val, scope), subscripts) }];
  });
}

const derivedOrSame = (value: Value, others: readonly Value[]): Value => (others.length === 0 ? value : derivedFrom([value, ...others]));

/** Notes the write and all that the server does because of it: rules, triggers, the relations under a view. */
function written(resolver: Resolver, verb: Verb, { relation }: Source, assigned: Assignments, columns = assigned.map(({ name }) => name)): void {
  if (!relation) return;
  const { findings } = resolver;
  findings.write(verb, relation, columns);
  for (const member of membersBeside(resolver, relation)) findings.write(verb, member, columns);
  for (const { name, value } of assigned) {
    // A column may be given its own value back; anything else is kept where no mask knows it.
    if (value.plain !== `${relation.oid}.${name}`) findings.use('storage', value, `${nameOf(relation)}.${name}`);
  }
  consequences(resolver, verb, relation);
}

export function consequences(resolver: Resolver, verb: Verb | 'truncate', relation: Relation): void {
  for (const member of [relation, ...membersBeside(resolver, relation)]) {
    for (const oid of member.triggers ?? []) {
      const called = resolver.catalog.functionOf(oid);
      if (called) resolver.call([called], [], called.name);
    }
    for (const { event, definition } of member.rules ?? []) if (event === verb) runRule(resolver, member, definition);
    if (member.foreign) resolver.findings.effect(`net:${member.foreign.wrapper}`);
  }
  if (relation.definition !== undefined && verb !== 'truncate') writeUnderView(resolver, verb, relation);
}

function runRule(resolver: Resolver, relation: Relation, definition: string): void {
  const reading = resolver.grammar.parse(definition);
  const rule = reading.kind === 'statements' ? bodyOf(reading.statements[0]?.stmt, 'RuleStmt') : undefined;
  if (!rule || resolver.within.length > MAX_DEPTH) return resolver.findings.notUnderstood(`a rule of ${nameOf(relation)} is not understood`);
  const findings = new Findings('body');
  const inside = resolver.with({ findings, within: [...resolver.within, relation.oid] });
  const row = rowValue(fieldsOf(resolver, relation));
  const scope: Scope = {
    ...EMPTY_SCOPE,
    variables: new Map([
      ['new', row],
      ['old', row],
    ]),
  };
  for (const action of rule.actions ?? []) inside.statement(action, scope);
  if (rule.whereClause) inside.expression(rule.whereClause, scope);
  resolver.findings.include(findings);
}

/** A write through a view is one of the relation that it shows. */
function writeUnderView(resolver: Resolver, verb: Verb, view: Relation): void {
  const reading = resolver.grammar.parse(view.definition ?? '');
  const statement = reading.kind === 'statements' ? bodyOf(reading.statements[0]?.stmt, 'SelectStmt') : undefined;
  for (const node of statement?.fromClause ?? []) {
    const reference = bodyOf(node, 'RangeVar');
    const under = reference && resolver.catalog.relation(reference.schemaname ?? '', reference.relname ?? '');
    if (under && under !== view) {
      resolver.findings.write(verb, under);
      consequences(resolver, verb, under);
    }
  }
}

/** Columns as they are after a write: what was put in comes out of RETURNING. */
function tainted(target: Source, assigned: Assignments): FromItem {
  const fields = target.fields.map((field) => {
    const given = assigned.filter(({ name, value }) => name === field.name && value.origins.size > 0 && value.plain !== field.value.plain);
    return given.length === 0 ? field : { name: field.name, value: derivedFrom([field.value, ...given.map(({ value }) => value)], field.value.type) };
  });
  return { sources: [{ ...target, fields }], fields };
}

function returning(resolver: Resolver, clause: ReturningClause | undefined, scope: Scope): readonly Field[] {
  if (!clause) return [];
  const [target] = scope.sources;
  const others = target ? ['old', 'new', ...(clause.options ?? []).flatMap((node) => bodyOf(node, 'ReturningOption')?.value ?? [])] : [];
  const sources = [...scope.sources, ...others.flatMap((name) => (target && !scope.sources.some((one) => one.name === name) ? [{ ...target, name }] : []))];
  return targets(resolver, clause.exprs, { ...scope, sources });
}
