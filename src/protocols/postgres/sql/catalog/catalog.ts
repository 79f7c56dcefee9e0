/** What the analysis knows of one database: a snapshot, read by the gateway itself and never changed. */

export type RelationKind = 'table' | 'partitioned' | 'view' | 'materialized-view' | 'foreign-table' | 'sequence' | 'composite' | 'toast' | 'index';

export interface Column {
  readonly name: string;
  readonly type: number;
  /** Expression over other columns of its row that the server makes it of. */
  readonly generated?: string;
}

/** A rule (`CREATE RULE`) other than the one that makes a view. */
export interface RewriteRule {
  readonly event: 'select' | 'update' | 'insert' | 'delete';
  /** The whole `CREATE RULE` statement, names qualified. */
  readonly definition: string;
}

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly columns: readonly Column[];
  /** Of views and materialised views that people made: the query, names qualified. */
  readonly definition?: string;
  /** Direct parents, by oid: of partitions and of tables that inherit. */
  readonly parents?: readonly number[];
  readonly rules?: readonly RewriteRule[];
  /** Functions of its triggers. */
  readonly triggers?: readonly number[];
  /** Expressions of its row security policies. */
  readonly policies?: readonly string[];
  /** Of foreign tables: the wrapper, and its options as `name=value`. */
  readonly foreign?: { readonly wrapper: string; readonly options: readonly string[] };
}

export interface SqlFunction {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'function' | 'procedure' | 'aggregate' | 'window';
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly returnsSet: boolean;
  /** Input parameters; as many as `defaults` of the last may be left out, and with `variadic` more may follow. */
  readonly parameters: readonly { readonly name: string; readonly type: number }[];
  readonly defaults: number;
  readonly variadic: boolean;
  readonly returns: number;
  /** Names of output columns, where the function declares them. */
  readonly outputs?: readonly string[];
  readonly language: string;
  /** Body of functions that people wrote in SQL and PL/pgSQL. */
  readonly source?: string;
  /** `search_path` that it sets for itself, as it is written. */
  readonly searchPath?: string;
  readonly extension?: string;
}

export interface Operator {
  readonly schema: string;
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly function: number;
}

export interface SqlType {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'base' | 'composite' | 'domain' | 'enum' | 'pseudo' | 'range' | 'multirange';
  /** Element of an array. */
  readonly element: number;
  /** Relation of a composite type. */
  readonly relation: number;
  /** Type under a domain. */
  readonly base: number;
  /** Expressions that a domain checks, with `VALUE`. */
  readonly checks?: readonly string[];
  readonly extension?: string;
}

/** A cast that people made, with a function of theirs. */
export interface Cast {
  readonly source: number;
  readonly target: number;
  readonly function: number;
}

export interface CatalogData {
  readonly server: number;
  readonly database: string;
  readonly schemas: readonly string[];
  readonly relations: readonly Relation[];
  readonly functions: readonly SqlFunction[];
  readonly operators: readonly Operator[];
  readonly types: readonly SqlType[];
  readonly casts: readonly Cast[];
}

/** Objects below this came with the server: `FirstNormalObjectId`. */
const FIRST_NORMAL_OID = 16384;

export const isSystem = ({ oid }: { readonly oid: number }): boolean => oid < FIRST_NORMAL_OID;

export const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;

const NOTHING: readonly never[] = [];

export class Catalog {
  readonly server: number;
  readonly database: string;
  readonly schemas: readonly string[];
  readonly relations: readonly Relation[];
  readonly allFunctions: readonly SqlFunction[];
  readonly #schemas: ReadonlySet<string>;
  readonly #relations: ReadonlyMap<string, Relation>;
  readonly #relationsByName: ReadonlyMap<string, readonly Relation[]>;
  readonly #relationsByOid: ReadonlyMap<number, Relation>;
  readonly #children: ReadonlyMap<number, readonly Relation[]>;
  readonly #functions: ReadonlyMap<string, readonly SqlFunction[]>;
  readonly #functionsByOid: ReadonlyMap<number, SqlFunction>;
  readonly #operators: ReadonlyMap<string, readonly Operator[]>;
  readonly #types: ReadonlyMap<string, SqlType>;
  readonly #typesByOid: ReadonlyMap<number, SqlType>;
  readonly #casts: ReadonlyMap<number, readonly Cast[]>;

  constructor(data: CatalogData) {
    this.server = data.server;
    this.database = data.database;
    this.schemas = data.schemas;
    this.relations = data.relations;
    this.allFunctions = data.functions;
    this.#schemas = new Set(data.schemas);
    this.#relations = new Map(data.relations.map((relation) => [key(relation.schema, relation.name), relation]));
    this.#relationsByName = groupBy(data.relations, ({ name }) => name, same);
    this.#relationsByOid = new Map(data.relations.map((relation) => [relation.oid, relation]));
    this.#children = groupBy(
      data.relations.flatMap((relation) => (relation.parents ?? []).map((parent) => [parent, relation] as const)),
      ([parent]) => parent,
      ([, relation]) => relation,
    );
    this.#functions = groupBy(data.functions, ({ schema, name }) => key(schema, name), same);
    this.#functionsByOid = new Map(data.functions.map((each) => [each.oid, each]));
    this.#operators = groupBy(data.operators, ({ name }) => name, same);
    this.#types = new Map(data.types.map((type) => [key(type.schema, type.name), type]));
    this.#typesByOid = new Map(data.types.map((type) => [type.oid, type]));
    this.#casts = groupBy(data.casts, ({ target }) => target, same);
  }

  hasSchema(name: string): boolean {
    return this.#schemas.has(name);
  }

  relation(schema: string, name: string): Relation | undefined {
    return this.#relations.get(key(schema, name));
  }

  /** All of a name, in one schema or in any. */
  relationsNamed(name: string, schema?: string): readonly Relation[] {
    const found = this.#relationsByName.get(name) ?? NOTHING;
    return schema === undefined ? found : found.filter((relation) => relation.schema === schema);
  }

  relationOf(oid: number): Relation | undefined {
    return this.#relationsByOid.get(oid);
  }

  /** Itself, and all partitions and heirs below it. */
  family(relation: Relation): readonly Relation[] {
    const found = new Set([relation]);
    for (const member of found) for (const child of this.#children.get(member.oid) ?? NOTHING) found.add(child);
    return [...found];
  }

  /** All that it is a part of, itself excepted. */
  ancestors(relation: Relation): readonly Relation[] {
    const found = new Set<Relation>();
    const open = [relation];
    for (const member of open)
      for (const oid of member.parents ?? NOTHING) {
        const parent = this.relationOf(oid);
        if (parent && !found.has(parent)) open.push(parent);
        if (parent) found.add(parent);
      }
    return [...found];
  }

  functions(schema: string, name: string): readonly SqlFunction[] {
    return this.#functions.get(key(schema, name)) ?? NOTHING;
  }

  functionOf(oid: number): SqlFunction | undefined {
    return this.#functionsByOid.get(oid);
  }

  /** Operators that people made, in any schema. */
  operators(name: string): readonly Operator[] {
    return this.#operators.get(name) ?? NOTHING;
  }

  type(schema: string, name: string): SqlType | undefined {
    return this.#types.get(key(schema, name));
  }

  typeOf(oid: number): SqlType | undefined {
    return this.#typesByOid.get(oid);
  }

  /** Casts that people made to a type. */
  castsTo(type: number): readonly Cast[] {
    return this.#casts.get(type) ?? NOTHING;
  }
}

const key = (schema: string, name: string): string => `${schema}\0${name}`;
const same = <T>(item: T): T => item;

function groupBy<T, K, V>(items: readonly T[], keyOf: (item: T) => K, valueOf: (item: T) => V): ReadonlyMap<K, readonly V[]> {
  const groups = new Map<K, V[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(valueOf(item));
    else groups.set(keyOf(item), [valueOf(item)]);
  }
  return groups;
}
