import type { AlterTableStmt, CreateFunctionStmt, DropStmt, Node, ObjectType, RangeVar } from 'libpg-query';
import { nameOf, type Relation } from '../catalog/catalog.ts';
import { detail } from '../effect.ts';
import { bodyOf, partsOf, type Kind } from '../tree.ts';
import { creationSchema } from '../resolve/relation.ts';
import type { Resolver } from '../resolve/resolver.ts';
import { EMPTY_SCOPE } from '../resolve/scope.ts';
import { temporaryOid } from '../resolve/stored.ts';
import { optionText, type StatementHandler, type StatementHandlers } from './handler.ts';
import { createExpressions } from './default.ts';

/** Kinds of objects that are relations: an effect names the one. Of others it names the kind, and in a second effect the one. */
const RELATIONS: ReadonlySet<string> = new Set(['table', 'view', 'materialized-view', 'foreign-table', 'sequence', 'index']);

/** Kinds that hold statements, or change which ones run. */
const CODE: ReadonlySet<string> = new Set([
  'function',
  'procedure',
  'aggregate',
  'operator',
  'operator-class',
  'cast',
  'domain',
  'trigger',
  'event-trigger',
  'rule',
  'policy',
  'language',
  'extension',
  'transform',
]);

function defined({ findings }: Resolver, verb: string, kind: string, name: string | undefined, relation?: Relation): void {
  if (relation) findings.defined.add(relation.oid);
  if (relation?.schema === 'pg_temp') findings.changes.push({ kind: 'names-lost' });
  if (CODE.has(kind) && verb !== 'drop') findings.flags.add('code');
  if (!RELATIONS.has(kind)) findings.effect(`ddl:${verb}:${kind}`);
  if (name !== undefined && name !== '') findings.effect(`ddl:${verb}:${kind}:${detail(name)}`);
  findings.changes.push({ kind: 'schema' });
}

const kindName = (type: ObjectType | undefined): string =>
  type === 'OBJECT_MATVIEW' ? 'materialized-view' : (type ?? 'OBJECT_').slice('OBJECT_'.length).toLowerCase().replaceAll('_', '-');

/** A statement that makes or changes one object of a kind, and nothing else. */
function simply<K extends Kind>(verb: string, kind: string, name: (body: Parameters<StatementHandler<K>>[1]) => string | undefined): StatementHandler<K> {
  return (resolver, body) => defined(resolver, verb, kind, name(body));
}

const unnamed = (): undefined => undefined;

export const DEFINITIONS: StatementHandlers = {
  CreateStmt: (resolver, { relation, tableElts = [], inhRelations = [], partbound, oncommit }) => {
    createdTable(resolver, 'table', relation, tableElts, oncommit === 'ONCOMMIT_DROP' ? 'transaction' : 'session');
    for (const node of inhRelations) attached(resolver, bodyOf(node, 'RangeVar'), partbound ? 'partition' : 'inherit');
    createExpressions(resolver, tableElts);
  },
  CreateForeignTableStmt: (resolver, { base }) => {
    createdTable(resolver, 'foreign-table', base?.relation, base?.tableElts ?? [], 'session');
    resolver.findings.effect('net');
  },
  ViewStmt: (resolver, { view, query }, scope) => {
    if (query) resolver.statement(query, scope);
    defined(resolver, 'create', 'view', newName(resolver, view));
  },
  AlterTableStmt: alterTable,
  RenameStmt: (resolver, { relation, renameType, object, subname }) => {
    const found = relation && resolver.relation(relation);
    const kind = kindName(renameType);
    if (found) defined(resolver, 'alter', found.kind === 'view' ? 'view' : 'table', nameOf(found), found);
    else defined(resolver, 'alter', kind, partsOf(object ? [object] : []).join('.') || subname);
  },
  DropStmt: dropped,
  CreateFunctionStmt: createFunction,
  AlterFunctionStmt: simply<'AlterFunctionStmt'>('alter', 'function', ({ func }) => partsOf(func?.objname).join('.')),
  CreateTrigStmt: (resolver, { relation }) => onTable(resolver, 'create', 'trigger', relation),
  CreateEventTrigStmt: simply<'CreateEventTrigStmt'>('create', 'event-trigger', ({ trigname }) => trigname),
  AlterEventTrigStmt: simply<'AlterEventTrigStmt'>('alter', 'event-trigger', ({ trigname }) => trigname),
  RuleStmt: (resolver, { relation: reference }) => {
    const relation = reference && resolver.relation(reference);
    resolver.findings.flags.add('code');
    if (relation) resolver.findings.defined.add(relation.oid);
    resolver.findings.effect(relation ? `ddl:create:rule:${detail(nameOf(relation))}` : 'ddl:create:rule');
    resolver.findings.changes.push({ kind: 'schema' });
  },
  CreatePolicyStmt: (resolver, { table }) => onTable(resolver, 'create', 'policy', table),
  AlterPolicyStmt: (resolver, { table }) => onTable(resolver, 'alter', 'policy', table),
  IndexStmt: (resolver, { relation, indexParams = [], whereClause }) => {
    const table = relation && resolver.relation(relation);
    if (table) resolver.findings.defined.add(table.oid);
    resolver.findings.effect('ddl:create:index');
    resolver.findings.effect(`ddl:create:index:${detail(table ? nameOf(table) : '')}`);
    createExpressions(resolver, [...indexParams, ...(whereClause ? [whereClause] : [])]);
    resolver.findings.changes.push({ kind: 'schema' });
  },
  CreateSchemaStmt: (resolver, { schemaname, authrole, schemaElts = [] }) => {
    defined(resolver, 'create', 'schema', schemaname ?? authrole?.rolename);
    const namespace = { ...resolver.namespace, searchPath: schemaname === undefined ? undefined : [schemaname] };
    for (const node of schemaElts) resolver.with({ namespace }).statement(node, EMPTY_SCOPE);
  },
  CreateSeqStmt: (resolver, { sequence }) => defined(resolver, 'create', 'sequence', newName(resolver, sequence)),
  AlterSeqStmt: (resolver, { sequence }) => defined(resolver, 'alter', 'sequence', newName(resolver, sequence)),
  CommentStmt: (resolver) => resolver.findings.effect('ddl:comment'),
  DefineStmt: (resolver, { kind, defnames }) => defined(resolver, 'create', kindName(kind), partsOf(defnames).join('.')),
  CreateDomainStmt: simply<'CreateDomainStmt'>('create', 'domain', ({ domainname }) => partsOf(domainname).join('.')),
  AlterDomainStmt: simply<'AlterDomainStmt'>('alter', 'domain', ({ typeName }) => partsOf(typeName).join('.')),
  CompositeTypeStmt: simply<'CompositeTypeStmt'>('create', 'type', ({ typevar }) => typevar?.relname),
  CreateEnumStmt: simply<'CreateEnumStmt'>('create', 'type', ({ typeName }) => partsOf(typeName).join('.')),
  CreateRangeStmt: simply<'CreateRangeStmt'>('create', 'type', ({ typeName }) => partsOf(typeName).join('.')),
  AlterEnumStmt: simply<'AlterEnumStmt'>('alter', 'type', ({ typeName }) => partsOf(typeName).join('.')),
  AlterTypeStmt: simply<'AlterTypeStmt'>('alter', 'type', ({ typeName }) => partsOf(typeName).join('.')),
  CreateCastStmt: simply<'CreateCastStmt'>('create', 'cast', unnamed),
  CreateConversionStmt: simply<'CreateConversionStmt'>('create', 'conversion', ({ conversion_name }) => partsOf(conversion_name).join('.')),
  CreateTransformStmt: simply<'CreateTransformStmt'>('create', 'transform', unnamed),
  CreateOpClassStmt: simply<'CreateOpClassStmt'>('create', 'operator-class', unnamed),
  CreateOpFamilyStmt: simply<'CreateOpFamilyStmt'>('create', 'operator-family', unnamed),
  AlterOpFamilyStmt: simply<'AlterOpFamilyStmt'>('alter', 'operator-family', unnamed),
  AlterOperatorStmt: simply<'AlterOperatorStmt'>('alter', 'operator', unnamed),
  CreateStatsStmt: simply<'CreateStatsStmt'>('create', 'statistics', unnamed),
  AlterStatsStmt: simply<'AlterStatsStmt'>('alter', 'statistics', unnamed),
  AlterCollationStmt: simply<'AlterCollationStmt'>('alter', 'collation', unnamed),
  CreateAmStmt: simply<'CreateAmStmt'>('create', 'access-method', ({ amname }) => amname),
  CreatePLangStmt: simply<'CreatePLangStmt'>('create', 'language', ({ plname }) => plname),
  CreateExtensionStmt: simply<'CreateExtensionStmt'>('create', 'extension', ({ extname }) => extname),
  AlterExtensionStmt: simply<'AlterExtensionStmt'>('alter', 'extension', ({ extname }) => extname),
  AlterExtensionContentsStmt: simply<'AlterExtensionContentsStmt'>('alter', 'extension', ({ extname }) => extname),
  CreateFdwStmt: outward<'CreateFdwStmt'>('create', 'foreign-data-wrapper', ({ fdwname }) => fdwname),
  AlterFdwStmt: outward<'AlterFdwStmt'>('alter', 'foreign-data-wrapper', ({ fdwname }) => fdwname),
  CreateForeignServerStmt: outward<'CreateForeignServerStmt'>('create', 'server', ({ servername }) => servername),
  AlterForeignServerStmt: outward<'AlterForeignServerStmt'>('alter', 'server', ({ servername }) => servername),
  CreateUserMappingStmt: outward<'CreateUserMappingStmt'>('create', 'user-mapping', ({ servername }) => servername),
  AlterUserMappingStmt: outward<'AlterUserMappingStmt'>('alter', 'user-mapping', ({ servername }) => servername),
  DropUserMappingStmt: simply<'DropUserMappingStmt'>('drop', 'user-mapping', ({ servername }) => servername),
  ImportForeignSchemaStmt: (resolver) => {
    resolver.findings.effect('ddl:import-foreign-schema');
    resolver.findings.effect('net');
    resolver.findings.changes.push({ kind: 'schema' });
  },
  CreatePublicationStmt: simply<'CreatePublicationStmt'>('create', 'publication', ({ pubname }) => pubname),
  AlterPublicationStmt: simply<'AlterPublicationStmt'>('alter', 'publication', ({ pubname }) => pubname),
  CreateSubscriptionStmt: outward<'CreateSubscriptionStmt'>('create', 'subscription', ({ subname }) => subname),
  AlterSubscriptionStmt: outward<'AlterSubscriptionStmt'>('alter', 'subscription', ({ subname }) => subname),
  DropSubscriptionStmt: outward<'DropSubscriptionStmt'>('drop', 'subscription', ({ subname }) => subname),
  CreatedbStmt: simply<'CreatedbStmt'>('create', 'database', ({ dbname }) => dbname),
  DropdbStmt: simply<'DropdbStmt'>('drop', 'database', ({ dbname }) => dbname),
  AlterDatabaseStmt: simply<'AlterDatabaseStmt'>('alter', 'database', ({ dbname }) => dbname),
  AlterDatabaseSetStmt: simply<'AlterDatabaseSetStmt'>('alter', 'database', ({ dbname }) => dbname),
  AlterDatabaseRefreshCollStmt: simply<'AlterDatabaseRefreshCollStmt'>('alter', 'database', ({ dbname }) => dbname),
  CreateTableSpaceStmt: (resolver, { tablespacename, location = '' }) => {
    defined(resolver, 'create', 'tablespace', tablespacename);
    resolver.findings.effect('file:write');
    resolver.findings.effect(`file:write:${detail(location)}`);
  },
  DropTableSpaceStmt: simply<'DropTableSpaceStmt'>('drop', 'tablespace', ({ tablespacename }) => tablespacename),
  AlterTableSpaceOptionsStmt: simply<'AlterTableSpaceOptionsStmt'>('alter', 'tablespace', ({ tablespacename }) => tablespacename),
  AlterTableMoveAllStmt: simply<'AlterTableMoveAllStmt'>('alter', 'tablespace', ({ orig_tablespacename }) => orig_tablespacename),
  AlterTSDictionaryStmt: simply<'AlterTSDictionaryStmt'>('alter', 'text-search-dictionary', unnamed),
  AlterTSConfigurationStmt: simply<'AlterTSConfigurationStmt'>('alter', 'text-search-configuration', unnamed),
  AlterObjectDependsStmt: simply<'AlterObjectDependsStmt'>('alter', 'dependency', unnamed),
  ReplicaIdentityStmt: simply<'ReplicaIdentityStmt'>('alter', 'replica-identity', unnamed),
  AlterObjectSchemaStmt: (resolver, { relation, objectType, newschema }) => {
    const found = relation && resolver.relation(relation);
    resolver.findings.effect('ddl:alter:schema');
    defined(resolver, 'alter', kindName(objectType), found ? nameOf(found) : newschema, found);
  },
  AlterOwnerStmt: (resolver, { relation, objectType }) => {
    const found = relation && resolver.relation(relation);
    resolver.findings.effect('ddl:alter:owner');
    defined(resolver, 'alter', kindName(objectType), found ? nameOf(found) : undefined);
  },
};

/** As `simply`, of an object that reaches another server. */
function outward<K extends Kind>(verb: string, kind: string, name: (body: Parameters<StatementHandler<K>>[1]) => string | undefined): StatementHandler<K> {
  return (resolver, body) => {
    defined(resolver, verb, kind, name(body));
    resolver.findings.effect('net');
  };
}

function newName({ namespace }: Resolver, reference: RangeVar | undefined): string {
  const temporary = reference?.relpersistence === 't' || reference?.schemaname === 'pg_temp';
  return `${temporary ? 'pg_temp' : (reference?.schemaname ?? creationSchema(namespace))}.${reference?.relname ?? ''}`;
}

function createdTable(resolver: Resolver, kind: string, reference: RangeVar | undefined, elements: readonly Node[], until: 'session' | 'transaction'): void {
  const name = newName(resolver, reference);
  if (!name.startsWith('pg_temp.')) return defined(resolver, 'create', kind, name);
  const columns = elements.flatMap((node) => {
    const column = bodyOf(node, 'ColumnDef');
    return column ? [{ name: column.colname ?? '', type: resolver.type(column.typeName)?.oid ?? 0 }] : [];
  });
  const own = reference?.relname ?? '';
  resolver.findings.effect(`ddl:create:table:${detail(name)}`);
  resolver.findings.changes.push({ kind: 'temporary', until, relation: { oid: temporaryOid(own), schema: 'pg_temp', name: own, kind: 'table', columns } });
}

function attached(resolver: Resolver, reference: RangeVar | undefined, how: string): void {
  const parent = reference && resolver.relation(reference);
  if (parent) resolver.findings.defined.add(parent.oid);
  if (parent) resolver.findings.effect(`ddl:alter:table:${detail(nameOf(parent))}`);
  resolver.findings.effect(`ddl:alter:${how}`);
}

function onTable(resolver: Resolver, verb: string, kind: string, reference: RangeVar | undefined): void {
  const relation = reference && resolver.relation(reference);
  defined(resolver, verb, kind, relation && nameOf(relation), relation);
}

function alterTable(resolver: Resolver, { relation: reference, objtype, cmds = [] }: AlterTableStmt): void {
  const relation = reference && resolver.relation(reference);
  defined(resolver, 'alter', kindName(objtype), relation ? nameOf(relation) : reference && newName(resolver, reference), relation);
  for (const node of cmds) {
    const command = bodyOf(node, 'AlterTableCmd');
    if (command?.subtype === 'AT_ChangeOwner') resolver.findings.effect('ddl:alter:owner');
    const part = bodyOf(command?.def, 'PartitionCmd')?.name;
    if (part) attached(resolver, part, 'partition');
    if (command?.def) createExpressions(resolver, [command.def]);
  }
}

function dropped(resolver: Resolver, { objects = [], removeType, missing_ok }: DropStmt): void {
  const kind = kindName(removeType);
  for (const node of objects) {
    const parts = partsOf(bodyOf(node, 'List')?.items ?? bodyOf(node, 'ObjectWithArgs')?.objname ?? bodyOf(node, 'TypeName')?.names ?? [node]);
    defined(resolver, 'drop', kind, RELATIONS.has(kind) ? droppedName(resolver, parts, missing_ok === true) : parts.join('.'));
  }
  if (objects.length === 0) defined(resolver, 'drop', kind, undefined);
}

function droppedName(resolver: Resolver, parts: readonly string[], missingOk: boolean): string {
  const [relname = '', schemaname] = parts.toReversed();
  const reference = schemaname === undefined ? { relname } : { relname, schemaname };
  const temporary = schemaname === undefined || schemaname === 'pg_temp' ? resolver.namespace.temporary.get(relname) : undefined;
  if (temporary) resolver.findings.changes.push({ kind: 'temporary-dropped', name: relname });
  const relation = missingOk ? temporary : resolver.relation(reference);
  return relation ? nameOf(relation) : `${schemaname ?? creationSchema(resolver.namespace)}.${relname}`;
}

function createFunction(resolver: Resolver, { funcname, is_procedure, options = [] }: CreateFunctionStmt): void {
  const kind = is_procedure ? 'procedure' : 'function';
  const language = options.flatMap((node) => bodyOf(node, 'DefElem') ?? []).find(({ defname }) => defname === 'language');
  defined(resolver, 'create', kind, partsOf(funcname).join('.'));
  const name = language ? optionText(language).toLowerCase() : 'sql';
  if (name === 'c' || name === 'internal') resolver.findings.effect(`ddl:create:${kind}:${name}-language`);
  else if (!['sql', 'plpgsql'].includes(name)) resolver.findings.effect(`ddl:create:${kind}:untrusted-language`);
}
