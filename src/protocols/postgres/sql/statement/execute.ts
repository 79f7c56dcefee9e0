import type { CopyStmt, CreateTableAsStmt, ExecuteStmt, ExplainStmt } from 'libpg-query';
import { COMPUTES, detail, UNKNOWN } from '../effect.ts';
import { Findings } from '../findings.ts';
import type { Relation } from '../catalog/catalog.ts';
import { functionsNamed } from '../resolve/call.ts';
import { noteColumns } from '../resolve/expression.ts';
import { consequences } from '../resolve/write.ts';
import { fieldsOf, membersBeside } from '../resolve/relation.ts';
import type { Resolver } from '../resolve/resolver.ts';
import { EMPTY_SCOPE, nested, type Scope } from '../resolve/scope.ts';
import { stored } from '../resolve/stored.ts';
import { bodyOf, partsOf } from '../tree.ts';
import { derivedFrom, rowValue, type Field } from '../value.ts';
import { isOff, optionOf, type StatementHandlers } from './handler.ts';
import { runBlock } from './block.ts';

/** Statements that run other statements, or move what they give. */
export const EXECUTION: StatementHandlers = {
  ExplainStmt: explain,
  PrepareStmt: (resolver, { name = '', argtypes = [], query }, scope) => {
    resolver.findings.effect('session:prepare');
    for (const node of argtypes) resolver.convert(resolver.type(bodyOf(node, 'TypeName')));
    if (!query) return;
    const inside = resolver.with({ parameters: undefined });
    inside.statement(query, scope);
    resolver.findings.changes.push({ kind: 'prepare', name, statement: query });
  },
  ExecuteStmt: execute,
  DeallocateStmt: ({ findings }, { name }) => {
    findings.effect('session:deallocate');
    findings.changes.push({ kind: 'deallocate', name });
  },
  DeclareCursorStmt: (resolver, { portalname = '', query }, scope) => {
    resolver.findings.effect('cursor:declare');
    const fields = query ? resolver.statement(query, scope) : [];
    resolver.findings.changes.push({ kind: 'declare', name: portalname, fields });
  },
  FetchStmt: ({ findings, namespace }, { portalname = '', ismove }) => {
    findings.effect('cursor:fetch');
    findings.dependsOnSession = true;
    const fields = namespace.cursors.get(portalname);
    if (!fields) findings.notUnderstood(`no cursor is called ${portalname}`);
    return ismove ? [] : (fields ?? []);
  },
  ClosePortalStmt: ({ findings }, { portalname }) => {
    findings.effect('cursor:close');
    findings.changes.push({ kind: 'close', name: portalname });
  },
  CopyStmt: copy,
  DoStmt: runBlock,
  CallStmt: (resolver, { funccall }, scope) => {
    if (!funccall) return [];
    resolver.findings.effect('call');
    for (const each of functionsNamed(resolver, partsOf(funccall.funcname))) resolver.findings.call(each);
    const value = resolver.expression({ FuncCall: funccall }, scope);
    return value.fields ?? [];
  },
  CreateTableAsStmt: createTableAs,
};

/** A plan quotes the statement's own text, and what the planner worked out ahead. */
const planColumns = ({ planned }: Findings): readonly Field[] => [{ name: 'QUERY PLAN', value: derivedFrom(planned) }];

function explain(resolver: Resolver, { query, options }: ExplainStmt, scope: Scope): readonly Field[] {
  const findings = new Findings();
  if (query) resolver.with({ findings }).statement(query, scope);
  resolver.findings.effect('plan');
  if (!isOff(optionOf(options, 'analyze'))) resolver.findings.include(findings);
  else {
    findings.changes.length = 0;
    resolver.findings.include(findings, (name) => planned(resolver, name));
  }
  return planColumns(findings);
}

/** What is only planned: nothing runs but functions that the planner calls itself, and those are not volatile. */
function planned(resolver: Resolver, name: string): string {
  if (name === COMPUTES) return 'plan';
  if (name === UNKNOWN || name === 'dos' || name === 'parser-mode') return name;
  if (name.startsWith('func:')) {
    const parts = name.slice('func:'.length).split('.');
    const calledWhilePlanning = functionsNamed(resolver, parts).some(({ volatility }) => volatility !== 'volatile');
    return calledWhilePlanning ? name : `plan:${name}`;
  }
  return `plan:${name.replace(/^write:/, '')}`;
}

function execute(resolver: Resolver, { name = '', params = [] }: ExecuteStmt, scope: Scope): readonly Field[] {
  resolver.findings.effect('session:execute');
  const parameters = params.map((node) => resolver.expression(node, scope).constant ?? null);
  resolver.findings.dependsOnSession = true;
  const statement = resolver.namespace.prepared.get(name);
  if (statement) return resolver.with({ parameters }).statement(statement, EMPTY_SCOPE);
  resolver.findings.notUnderstood(`no statement is prepared as ${name}`);
  return [];
}

function copy(resolver: Resolver, statement: CopyStmt, scope: Scope): readonly Field[] {
  const { findings } = resolver;
  const fields = statement.is_from ? copyIn(resolver, statement, scope) : copyOut(resolver, statement, scope);
  if (statement.is_program) findings.effect('exec:program');
  else if (statement.filename !== undefined) {
    const verb = statement.is_from ? 'read' : 'write';
    findings.effect(`file:${verb}`);
    findings.effect(`file:${verb}:${detail(statement.filename)}`);
  }
  const kept = statement.is_program || statement.filename !== undefined;
  if (kept && !statement.is_from) findings.use('storage', rowValue(fields), 'COPY to the server');
  return statement.is_from || kept ? [] : fields;
}

function copyIn(resolver: Resolver, { relation: reference, attlist, whereClause }: CopyStmt, scope: Scope): readonly Field[] {
  const relation = reference && resolver.relation(reference);
  if (!relation) return [];
  resolver.findings.write('copy-in', relation, partsOf(attlist));
  for (const member of membersBeside(resolver, relation)) resolver.findings.write('copy-in', member, partsOf(attlist));
  consequences(resolver, 'insert', relation);
  const inside = nested(scope, { sources: [{ name: relation.name, fields: fieldsOf(resolver, relation), relation }], fields: fieldsOf(resolver, relation) });
  if (whereClause) resolver.findings.use('predicate', resolver.expression(whereClause, inside), 'WHERE');
  return [];
}

function copyOut(resolver: Resolver, { relation: reference, attlist, query }: CopyStmt, scope: Scope): readonly Field[] {
  if (query) return resolver.statement(query, scope);
  const relation = reference && resolver.relation(reference);
  if (!relation) return [];
  const names = partsOf(attlist);
  const all = resolver.open(relation);
  const fields =
    names.length === 0 ? all.filter(({ name }) => !isGenerated(relation, name)) : names.flatMap((name) => all.filter((field) => field.name === name));
  noteColumns(resolver, rowValue(fields));
  return fields;
}

/** COPY leaves out what the server would make anew, unless the caller names columns. */
const isGenerated = ({ columns }: Relation, name: string): boolean => columns.some((column) => column.name === name && column.generated !== undefined);

function createTableAs(resolver: Resolver, { query, into, objtype }: CreateTableAsStmt, scope: Scope): readonly Field[] {
  const fields = query ? resolver.statement(query, scope) : [];
  const view = objtype === 'OBJECT_MATVIEW';
  // A materialised view keeps its query: where its columns come from stays known.
  if (into) stored(resolver, view ? { ...into, skipData: true } : into, fields, view ? 'materialized-view' : 'table');
  return [];
}
