import type { Command } from '../../../core/command.ts';
import { statementCommand } from '../command.ts';
import { analyse } from '../sql/analysis.ts';
import { isSystem, type Catalog, type Relation, type SqlFunction } from '../sql/catalog/catalog.ts';
import type { Grammar } from '../sql/grammar.ts';
import { openNamespace } from '../sql/namespace.ts';
import { literal, quoted, quotedName } from './quote.ts';

/** What may be done with one relation: with all of it, or with some of its columns. */
export interface RelationPrivileges {
  readonly relation: Relation;
  readonly read: true | readonly string[];
  readonly insert: boolean;
  readonly update: true | readonly string[];
  readonly delete: boolean;
  readonly truncate: boolean;
}

/** The least that a role needs for whatever the policy lets through, under whatever conditions. */
export interface ImpliedPrivileges {
  readonly relations: readonly RelationPrivileges[];
  /** Sequences behind columns that are written without a value, as `schema.name`. */
  readonly sequences: readonly Relation[];
  readonly functions: readonly SqlFunction[];
  /** Schemas in which something may be made. */
  readonly makesIn: readonly string[];
  readonly temporary: boolean;
  /** What the policy lets through and no grant on objects gives: the effect, and what the server wants for it. */
  readonly beyond: readonly (readonly [effect: string, needs: string])[];
}

export interface ImpliedOptions {
  readonly catalog: Catalog;
  readonly grammar: Grammar;
  /** Whether the policy could let it through, perhaps held, perhaps under conditions. */
  readonly may: (command: Command) => boolean;
  /** Sequences that columns of these relations take their values from, by oid: see `readSerials`. */
  readonly serials: ReadonlyMap<number, readonly number[]>;
}

/**
 * Asks the policy about the plainest statement of each kind on each object, read by the same analysis as those that
 * people send: what reads a view needs what is under it as well.
 */
export function impliedPrivileges(options: ImpliedOptions): ImpliedPrivileges {
  const { catalog, grammar, may, serials } = options;
  const asks = (text: string): boolean => {
    const analysis = analyse(text, { grammar, catalog, namespace: openNamespace('', []) });
    return analysis.unknown === undefined && may(statementCommand({ text, analysis }));
  };
  const relations = catalog.relations.filter(isGrantable).map((relation) => privilegesOn(relation, asks));
  const used = relations.filter(isUsed);
  const serialsUsed = used.filter(({ insert }) => insert).flatMap(({ relation }) => serials.get(relation.oid) ?? []);
  return {
    relations: used,
    sequences: [...new Set(serialsUsed)].flatMap((oid) => catalog.relationOf(oid) ?? []),
    functions: catalog.allFunctions.filter((each) => isCallable(each) && asks(callOf(each, catalog))),
    makesIn: catalog.schemas.filter((schema) => !isSystemSchema(schema) && asks(`create table ${quoted(schema)}.sallyport_new (id int)`)),
    temporary: asks('create temporary table sallyport_new (id int)'),
    beyond: BEYOND.filter(([, , text]) => asks(text)).map(([effect, needs]) => [effect, needs] as const),
  };
}

const GRANTABLE: ReadonlySet<Relation['kind']> = new Set(['table', 'partitioned', 'view', 'materialized-view', 'foreign-table']);
const isSystemSchema = (schema: string): boolean => schema.startsWith('pg_') || schema === 'information_schema';
const isGrantable = (relation: Relation): boolean => GRANTABLE.has(relation.kind) && !isSystem(relation) && !isSystemSchema(relation.schema);

const isUsed = ({ read, insert, update, delete: deletes, truncate }: RelationPrivileges): boolean =>
  insert || deletes || truncate || read === true || read.length > 0 || update === true || update.length > 0;

function privilegesOn(relation: Relation, asks: (text: string) => boolean): RelationPrivileges {
  const name = quotedName(relation);
  const readable = relation.columns.map((column) => column.name);
  const writable = relation.columns.filter(({ generated }) => generated === undefined).map((column) => column.name);
  return {
    relation,
    read: asks(`select * from ${name}`) ? true : readable.filter((column) => asks(`select ${quoted(column)} from ${name}`)),
    insert: asks(`insert into ${name} default values`),
    update: asks(updateOf(name, writable)) ? true : writable.filter((column) => asks(updateOf(name, [column]))),
    delete: asks(`delete from ${name}`),
    truncate: relation.kind !== 'view' && relation.kind !== 'materialized-view' && asks(`truncate ${name}`),
  };
}

const updateOf = (name: string, columns: readonly string[]): string =>
  `update ${name} set ${columns.map((column) => `${quoted(column)} = default`).join(', ') || 'x = default'}`;

/** Functions that people made; those of extensions come with the rights that their makers gave them. */
const isCallable = (each: SqlFunction): boolean =>
  !isSystem(each) && !isSystemSchema(each.schema) && each.extension === undefined && (each.kind === 'function' || each.kind === 'procedure');

function callOf(each: SqlFunction, catalog: Catalog): string {
  const values = each.parameters.map(({ type }) => `null::${typeName(type, catalog)}`).join(', ');
  return each.kind === 'procedure' ? `call ${quotedName(each)}(${values})` : `select ${quotedName(each)}(${values})`;
}

export function typeName(oid: number, catalog: Catalog): string {
  const type = catalog.typeOf(oid);
  return type ? quotedName(type) : `${quoted('pg_catalog')}.${quoted('text')}`;
}

/** What takes a role of the server, or owning the object, and a statement that asks the policy about it. */
const BEYOND: readonly (readonly [effect: string, needs: string, text: string])[] = [
  ['exec:program', 'pg_execute_server_program', `copy (select 1) to program ${literal('true')}`],
  ['file:read', 'pg_read_server_files', `select pg_catalog.pg_read_file(${literal('/nowhere')})`],
  ['file:write', 'pg_write_server_files', `copy (select 1) to ${literal('/nowhere')}`],
  ['admin:terminate-backend', 'pg_signal_backend', 'select pg_catalog.pg_terminate_backend(0)'],
  ['priv:create-role', 'CREATEROLE', 'create role sallyport_new'],
  ['ddl:create:schema', 'CREATE on the database', 'create schema sallyport_new'],
];
