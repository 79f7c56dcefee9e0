import type { RangeVar } from 'libpg-query';
import { nameOf, type Relation } from '../catalog/catalog.ts';
import { detail } from '../effect.ts';
import { Findings } from '../findings.ts';
import type { Namespace } from '../namespace.ts';
import { bodyOf } from '../tree.ts';
import { ANYTHING, BLANK, columnValue, derivedFrom, unknownValue, type Field, type Value } from '../value.ts';
import type { Extent, Resolver } from './resolver.ts';
import { EMPTY_SCOPE } from './scope.ts';

/** The relation that a name means in this session; undefined, and not understood, where there is none. */
export function relation(resolver: Resolver, { catalogname, schemaname, relname = '' }: RangeVar): Relation | undefined {
  const { catalog, findings, namespace } = resolver;
  const found = catalogname === undefined || catalogname === catalog.database ? lookUp(resolver, relname, schemaname) : undefined;
  if (!found) {
    const path = schemaname !== undefined || namespace.searchPath;
    findings.notUnderstood(path ? `no relation is called ${[schemaname, relname].filter(Boolean).join('.')}` : 'the search path is not known');
  }
  return found;
}

function lookUp({ catalog, namespace }: Resolver, name: string, schema: string | undefined): Relation | undefined {
  if (schema === 'pg_temp') return namespace.temporary.get(name);
  if (schema !== undefined) return catalog.relation(schema, name);
  const temporary = namespace.temporary.get(name);
  if (temporary) return temporary;
  if (!namespace.searchPath) return undefined;
  const path = namespace.searchPath.includes('pg_catalog') ? namespace.searchPath : ['pg_catalog', ...namespace.searchPath];
  for (const each of path) {
    const found = catalog.relation(each, name);
    if (found) return found;
  }
  return undefined;
}

/** The schema in which an unqualified name is created. */
export const creationSchema = ({ searchPath }: Namespace): string => searchPath?.find((schema) => schema !== 'pg_catalog') ?? 'public';

/** A relation given as text (`'vault.secrets'`, `'"Odd"'`), as a cast to `regclass` reads it. */
export function relationNamed(resolver: Resolver, text: string): Relation | undefined {
  if (/^\d+$/.test(text)) return resolver.catalog.relationOf(Number(text));
  const reading = resolver.grammar.parse(`table ${text}`);
  if (reading.kind !== 'statements' || reading.statements.length !== 1) return undefined;
  const from = bodyOf(reading.statements[0]?.stmt, 'SelectStmt')?.fromClause?.[0];
  const reference = bodyOf(from, 'RangeVar');
  return reference && lookUp(resolver, reference.relname ?? '', reference.schemaname);
}

/** System relations that hold values of other tables, or the texts of other sessions. */
const REVEALING =
  /^(?:pg_catalog\.(?:pg_statistic(?:_ext_data)?|pg_stats(?:_ext|_ext_exprs)?|pg_largeobject|pg_stat_activity|pg_prepared_statements|pg_cursors|pg_stat_replication)|pg_toast\..*|.*\.pg_stat_statements)$/;

/** Reads a relation: the effect, those of what stands behind it, and where its columns come from. */
export function open(resolver: Resolver, relation: Relation, extent: Extent): readonly Field[] {
  readRelation(resolver, relation, extent);
  if (REVEALING.test(nameOf(relation))) return relation.columns.map(({ name, type }) => ({ name, value: { origins: new Set([ANYTHING]), type } }));
  if (relation.definition !== undefined) return openView(resolver, relation, relation.definition);
  return fieldsOf(resolver, relation);
}

function readRelation(resolver: Resolver, relation: Relation, extent: Extent): void {
  const { catalog, findings } = resolver;
  findings.read(relation);
  for (const member of membersBeside(resolver, relation, extent)) findings.read(member);
  for (const each of extent === 'only' ? [relation] : catalog.family(relation)) {
    if (each.foreign) foreignEffects(findings, each.foreign);
    for (const policy of each.policies ?? []) runExpression(resolver, policy, each);
  }
}

/**
 * What is read along with a relation, by other names: what it is a part of, and its parts. A partition in the schema of
 * its table is that table.
 */
export function membersBeside({ catalog }: Resolver, relation: Relation, extent: Extent = 'family'): readonly Relation[] {
  if (extent === 'only') return catalog.ancestors(relation);
  const parts = catalog.family(relation).filter((part) => part !== relation && !(relation.kind === 'partitioned' && part.schema === relation.schema));
  return [...catalog.ancestors(relation), ...parts];
}

function foreignEffects(findings: Findings, { wrapper, options }: NonNullable<Relation['foreign']>): void {
  const option = (name: string): string | undefined => options.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  if (wrapper !== 'file_fdw') return findings.effect(`net:${detail(wrapper)}`);
  const program = option('program');
  if (program !== undefined) return findings.effect('exec:program');
  findings.effect('file:read');
  findings.effect(`file:read:${detail(option('filename') ?? '')}`);
}

function openView(resolver: Resolver, view: Relation, definition: string): readonly Field[] {
  const fields = readDefinition(resolver, view, definition);
  if (!fields) resolver.findings.notUnderstood(`the view ${nameOf(view)} is not understood`);
  return view.columns.map(({ name, type }, at) => {
    const under = fields?.[at]?.value ?? unknownValue;
    // Rules may name the view's own column, too.
    return { name, value: { ...under, type, origins: new Set([...under.origins, `${view.oid}.${name}`]) } };
  });
}

/** What the view's owner wrote; how it uses values is the owner's choice, where they come from is not. */
function readDefinition(resolver: Resolver, view: Relation, definition: string): readonly Field[] | undefined {
  if (resolver.within.includes(view.oid) || resolver.within.length > MAX_DEPTH) return undefined;
  const reading = resolver.grammar.parse(definition);
  const statement = reading.kind === 'statements' ? bodyOf(reading.statements[0]?.stmt, 'SelectStmt') : undefined;
  if (!statement) return undefined;
  const findings = new Findings('body');
  const inside = resolver.with({
    findings,
    namespace: { ...resolver.namespace, searchPath: [], temporary: new Map() },
    within: [...resolver.within, view.oid],
  });
  const fields = inside.query(statement, EMPTY_SCOPE);
  resolver.findings.include(findings);
  return fields;
}

export const MAX_DEPTH = 16;

/** An expression that the server runs by itself: a check of a domain, a row security policy. */
export function runExpression(resolver: Resolver, text: string, over?: Relation): void {
  const reading = resolver.grammar.parse(`select ${text}`);
  const statement = reading.kind === 'statements' ? bodyOf(reading.statements[0]?.stmt, 'SelectStmt') : undefined;
  if (!statement || resolver.within.length > MAX_DEPTH) return resolver.findings.notUnderstood('an expression of the catalog is not understood');
  const findings = new Findings('body');
  const inside = resolver.with({
    findings,
    within: [...resolver.within, 0],
    namespace: { ...resolver.namespace, searchPath: resolver.namespace.searchPath ?? [] },
  });
  const fields = (over?.columns ?? []).map(({ name, type }) => ({ name, value: { ...BLANK, type } }));
  const sources = over ? [{ name: over.name, fields }] : [];
  inside.query(statement, { ...EMPTY_SCOPE, fields, sources, variables: new Map([['value', BLANK]]) });
  resolver.findings.include(findings);
}

/** Columns of a stored relation, as what is read and as the target of a write. */
export function fieldsOf(resolver: Resolver, relation: Relation): readonly Field[] {
  const stored = relation.columns.map(({ name, type }) => ({ name, value: columnValue(`${relation.oid}.${name}`, type) }));
  if (relation.columns.every(({ generated }) => generated === undefined)) return stored;
  return stored.map((field, at) => {
    const made = relation.columns[at]?.generated;
    return made === undefined ? field : { name: field.name, value: derivedFrom([field.value, generatedValue(resolver, made, stored)], field.value.type) };
  });
}

function generatedValue(resolver: Resolver, expression: string, fields: readonly Field[]): Value {
  const reading = resolver.grammar.parse(`select ${expression}`);
  const statement = reading.kind === 'statements' ? bodyOf(reading.statements[0]?.stmt, 'SelectStmt') : undefined;
  if (!statement) return unknownValue;
  const inside = resolver.with({ findings: new Findings('body'), namespace: { ...resolver.namespace, searchPath: [] } });
  return derivedFrom(inside.query(statement, { ...EMPTY_SCOPE, fields }).map(({ value }) => value));
}
