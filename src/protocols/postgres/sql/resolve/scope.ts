import { BLANK, eitherOf, rowValue, type Field, type Value } from '../value.ts';
import type { Relation } from '../catalog/catalog.ts';

/** What one item of a FROM list makes visible. */
export interface FromItem {
  readonly sources: readonly Source[];
  /** What unqualified names and `*` see, in order. */
  readonly fields: readonly Field[];
}

export interface Source {
  readonly name: string;
  readonly schema?: string;
  readonly fields: readonly Field[];
  readonly relation?: Relation;
}

/** What names mean at one place of a statement. */
export interface Scope extends FromItem {
  readonly outer?: Scope;
  readonly ctes: ReadonlyMap<string, readonly Field[]>;
  /** In bodies of functions: parameters by name and number; in PL/pgSQL any name may be a variable. */
  readonly variables?: ReadonlyMap<string, Value>;
  readonly unknownNames?: 'variables';
}

export const EMPTY_SCOPE: Scope = { sources: [], fields: [], ctes: new Map() };

/** A scope inside another: what is not found here is looked for there. */
export function nested(outer: Scope, inner: Partial<Scope>): Scope {
  return { sources: [], fields: [], ctes: outer.ctes, outer, ...inner };
}

export function joined(...items: readonly FromItem[]): FromItem {
  return { sources: items.flatMap(({ sources }) => sources), fields: items.flatMap(({ fields }) => fields) };
}

/** Columns of every row, that no list of columns has. */
const SYSTEM_COLUMNS = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', 'oid']);

/** A name of one part: a column, else a whole row. Where several are meant it is an error for the server; here it is all of them. */
export function findName(scope: Scope, name: string): Value | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const found = at.fields.filter((field) => field.name === name);
    if (found.length > 0) return eitherOf(found.map(({ value }) => value));
    const variable = at.variables?.get(name);
    if (variable) return variable;
    const source = at.sources.find((one) => one.name === name);
    if (source) return rowOf(source);
    if (SYSTEM_COLUMNS.has(name) && at.sources.some(({ relation }) => relation)) return BLANK;
  }
  return undefined;
}

export function findSource(scope: Scope, name: string, schema?: string): Source | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const found = at.sources.find((source) => source.name === name && (schema === undefined || source.schema === schema));
    if (found) return found;
  }
  return undefined;
}

export function findColumn(source: Source, name: string): Value | undefined {
  const found = source.fields.find((field) => field.name === name);
  if (found) return found.value;
  return SYSTEM_COLUMNS.has(name) ? BLANK : undefined;
}

export const rowOf = ({ fields, relation }: Source): Value => rowValue(fields, relation && -relation.oid);
