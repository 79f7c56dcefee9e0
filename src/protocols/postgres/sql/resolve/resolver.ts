import type { Node, RangeVar, SelectStmt, TypeName } from 'libpg-query';
import type { Catalog, Relation, SqlFunction, SqlType } from '../catalog/catalog.ts';
import type { Findings } from '../findings.ts';
import type { Grammar } from '../grammar.ts';
import type { Namespace } from '../namespace.ts';
import type { Field, Value } from '../value.ts';
import type { FromItem, Scope } from './scope.ts';

/** Whether partitions and heirs count: not where a statement says ONLY. */
export type Extent = 'family' | 'only';

/** What every part of the analysis works with. The parts know one another only through this, so that none imports all. */
export interface Resolver {
  readonly catalog: Catalog;
  readonly grammar: Grammar;
  readonly namespace: Namespace;
  readonly findings: Findings;
  /** Values of `$1`, `$2`, ... where they are known; null where a value is null or not a text. */
  readonly parameters: readonly (string | null)[] | undefined;
  /** Functions whose bodies are being read, so that none is read within itself. */
  readonly within: readonly number[];

  query(statement: SelectStmt, scope: Scope): readonly Field[];
  /** Any statement that may return rows: a query, or a write with RETURNING. */
  statement(statement: Node, scope: Scope): readonly Field[];
  expression(node: Node, scope: Scope): Value;
  from(node: Node, scope: Scope, siblings: Scope): FromItem;
  relation(reference: RangeVar): Relation | undefined;
  /** What reading all columns of a relation gives; notes that it is read, with those columns that are used later. */
  open(relation: Relation, extent?: Extent): readonly Field[];
  call(called: readonly SqlFunction[], args: readonly Value[], name: string): Value;
  type(name: TypeName | undefined): SqlType | undefined;
  /** What converting to a type runs: checks of domains, casts that people made. */
  convert(type: SqlType | undefined): void;
  /** The same analysis of another text: with other findings, or in the namespace of a body. */
  with(changes: Partial<Pick<Resolver, 'findings' | 'namespace' | 'parameters' | 'within'>>): Resolver;
}
