import type { MaskOperator, MaskRule } from '../../../core/decision.ts';
import type { Analysis } from './analysis.ts';
import type { Catalog, Relation } from './catalog/catalog.ts';
import type { Use } from './findings.ts';
import { ANYTHING, type Field, type Origin } from './value.ts';

/** What becomes of one column of a result. */
export interface ColumnMask {
  readonly operator: MaskOperator;
  /** What a placeholder calls it: `[redacted:ssn]`. */
  readonly name: string;
  /**
   * `value`: it is the masked column itself, so each value is replaced. `constant`: it is made of one; all rows get the
   * same, nulls too, since what differs between rows would tell of the value.
   */
  readonly each: 'value' | 'constant';
}

export type MaskVerdict =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'masked';
      /** For each statement, for each of its columns. */
      readonly statements: readonly (readonly (ColumnMask | undefined)[])[];
      /** Whether messages beside the rows (errors, notices) may quote a masked value: then their texts are not passed on. */
      readonly silent: boolean;
    };

interface MaskedColumn {
  readonly operator: MaskOperator;
  readonly label: string;
  readonly column: string;
  readonly predicates: 'refuse' | 'allow';
}

/** The masks of one subject against one catalog; made once for both. */
export interface ColumnMasks {
  readonly columns: ReadonlyMap<Origin, MaskedColumn>;
  readonly relations: ReadonlySet<number>;
}

interface ColumnPattern {
  readonly schema: string | undefined;
  readonly table: string;
  readonly column: string;
}

export function compileColumnMasks(rules: readonly MaskRule[], catalog: Catalog): ColumnMasks {
  const columns = new Map<Origin, MaskedColumn>();
  for (const rule of rules) {
    for (const text of rule.columns ?? []) {
      const pattern = parseColumn(text);
      for (const relation of catalog.relationsNamed(pattern.table, pattern.schema)) maskRelation(columns, catalog, relation, pattern, rule);
    }
  }
  return { columns, relations: new Set([...columns.keys()].map((origin) => Number(origin.slice(0, origin.indexOf('.'))))) };
}

/** A column is masked wherever it is stored: in partitions, in heirs, and in what it is inherited from. */
function maskRelation(columns: Map<Origin, MaskedColumn>, catalog: Catalog, relation: Relation, { column }: ColumnPattern, rule: MaskRule): void {
  for (const member of [...catalog.ancestors(relation), ...catalog.family(relation)]) {
    for (const { name } of member.columns) {
      const origin = `${member.oid}.${name}`;
      const before = columns.get(origin);
      if (column !== '*' && column !== name) continue;
      const operator = before ? stricter(before.operator, rule.operator) : rule.operator;
      const predicates = before?.predicates === 'refuse' ? 'refuse' : (rule.predicates ?? 'refuse');
      columns.set(origin, { operator, label: `${relation.schema}.${relation.name}.${name}`, column: name, predicates });
    }
  }
}

const STRICTNESS: readonly MaskOperator[] = ['null', 'redact', 'hash', 'fake', 'partial'];

const stricter = (a: MaskOperator, b: MaskOperator): MaskOperator => (STRICTNESS.indexOf(a) <= STRICTNESS.indexOf(b) ? a : b);

/** `schema.table.column` or `table.column`; the policy's schema checked the form. */
function parseColumn(text: string): ColumnPattern {
  const parts = [...text.matchAll(/"((?:[^"]|"")*)"|([^."]+)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.toLowerCase() ?? '');
  const [column = '', table = '', schema] = parts.toReversed();
  return { schema, table, column };
}

/** What is to be done so that no masked value comes out by any way, or why that cannot be. */
export function maskVerdict(analysis: Analysis, masks: ColumnMasks): MaskVerdict {
  if (masks.columns.size === 0) return { kind: 'masked', statements: analysis.statements.map(({ columns }) => columns.map(() => undefined)), silent: false };
  const hidden = unreadable(analysis, masks);
  if (hidden !== undefined) return { kind: 'refused', reason: `${hidden}, and some columns are masked for you` };
  for (const use of analysis.uses) {
    const told = toldBy(use, masks);
    if (told !== undefined) return { kind: 'refused', reason: told };
  }
  const unclear = analysis.statements.flatMap(({ columns }) => columns).find(({ value }) => value.origins.has(ANYTHING));
  if (unclear) return { kind: 'refused', reason: `nobody can tell where the column ${unclear.name} comes from, and some columns are masked for you` };
  return {
    kind: 'masked',
    statements: analysis.statements.map(({ columns }) => columns.map((field) => maskOf(field, masks))),
    silent: [...analysis.touched].some((oid) => masks.relations.has(oid)),
  };
}

/** Why nobody can tell what becomes of masked columns. */
function unreadable({ unknown, effects, flags, defined }: Analysis, { relations }: ColumnMasks): string | undefined {
  if (unknown !== undefined) return unknown;
  if (effects.some(({ name }) => name === 'dynamic')) return 'nobody can tell what a text does that is put together while it runs';
  if (flags.includes('code')) return 'what is defined here could use columns as no statement may';
  return [...defined].some((oid) => relations.has(oid)) ? 'the definition of a relation changes' : undefined;
}

/** Why a use would tell of a masked column; undefined where it would not. */
function toldBy({ kind, origins, by }: Use, masks: ColumnMasks): string | undefined {
  if (origins.has(ANYTHING)) return `nobody can tell what ${by} uses, and some columns are masked for you`;
  for (const origin of origins) {
    const masked = masks.columns.get(origin);
    if (!masked || (kind === 'predicate' && masked.predicates === 'allow')) continue;
    return REASONS[kind](masked.label, by);
  }
  return undefined;
}

const REASONS: Readonly<Record<Use['kind'], (label: string, by: string) => string>> = {
  predicate: (label, by) => `${label} is masked for you, and ${by} would tell of its values: leave it out of conditions, groups and order`,
  derivation: (label, by) => `${label} is masked for you, and ${by} could tell of its values by failing or by rows: select the column itself`,
  storage: (label, by) => `${label} is masked for you, and ${by} would keep its values where nothing masks them`,
};

function maskOf({ value }: Field, { columns }: ColumnMasks): ColumnMask | undefined {
  const own = value.plain === undefined ? undefined : columns.get(value.plain);
  if (own) return { operator: own.operator, name: placeholderName(own.column), each: 'value' };
  for (const origin of value.origins) {
    const masked = columns.get(origin);
    // What an operator other than these leaves of a value could be asked for piece by piece.
    if (masked) return { operator: masked.operator === 'null' ? 'null' : 'redact', name: placeholderName(masked.column), each: 'constant' };
  }
  return undefined;
}

const placeholderName = (column: string): string =>
  column
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64) || 'column';
