import { nameOf, type Relation, type SqlFunction } from './catalog/catalog.ts';
import { detail, UNKNOWN, type Effect } from './effect.ts';
import type { Change } from './namespace.ts';
import type { Origin, Origins, Value } from './value.ts';

/**
 * What a value was used for other than being returned. `predicate`: rows, groups or their order depend on it; `derivation`:
 * a function of it that may fail, or say something by the number of rows; `storage`: it is written where nothing masks it.
 */
export type UseKind = 'predicate' | 'derivation' | 'storage';

export interface Use {
  readonly kind: UseKind;
  readonly origins: Origins;
  /** Where, for the reason that a caller reads. */
  readonly by: string;
}

/** Collects, during one analysis, what a text does. */
export class Findings {
  readonly #effects = new Map<string, Set<string>>();
  readonly uses: Use[] = [];
  /** Relations that are read or written, by oid: their values may be quoted in errors and notices. */
  readonly touched = new Set<number>();
  /** Columns that are read. */
  readonly origins = new Set<Origin>();
  /** Relations whose definition changes, by oid. */
  readonly defined = new Set<number>();
  /** What functions gave that the planner may call itself: a plan can show it. */
  readonly planned: Value[] = [];
  readonly changes: Change[] = [];
  readonly flags = new Set<string>();
  /** What the meaning of names rests on, for approvals: they are for exactly this. */
  readonly dependencies = new Set<string>();
  /** Why some of it was not understood. */
  unknown: string | undefined;
  /** Other parameters could mean other effects. */
  dependsOnParameters = false;
  /** It names what only this session has. */
  dependsOnSession = false;
  /** Whether a body is being read rather than the caller's own text: how it uses values was its owner's choice. */
  readonly #within: 'text' | 'body';

  constructor(within: 'text' | 'body' = 'text') {
    this.#within = within;
  }

  get effects(): readonly Effect[] {
    return [...this.#effects].map(([name, columns]) => ({ name, columns: [...columns] }));
  }

  effect(name: string, columns: readonly string[] = []): void {
    const known = this.#effects.get(name) ?? new Set<string>();
    for (const column of columns) known.add(detail(column));
    this.#effects.set(name, known);
  }

  read(relation: Relation, columns: readonly string[] = []): void {
    this.touch(relation);
    this.effect(`read:${detail(nameOf(relation))}`, columns);
  }

  write(verb: string, relation: Relation, columns: readonly string[] = []): void {
    this.touch(relation);
    this.effect(`write:${verb}:${detail(nameOf(relation))}`, columns);
  }

  touch(relation: Relation): void {
    this.touched.add(relation.oid);
    this.dependencies.add(`${nameOf(relation)} ${relation.oid}`);
  }

  call(called: SqlFunction): void {
    this.dependencies.add(`${nameOf(called)}() ${called.oid}`);
    this.effect(`func:${detail(nameOf(called))}`);
  }

  use(kind: UseKind, value: Value, by: string): void {
    if (value.origins.size > 0 && this.#within === 'text') this.uses.push({ kind, origins: value.origins, by });
  }

  notUnderstood(reason: string): void {
    this.unknown ??= reason;
    this.effect(UNKNOWN);
  }

  /** Takes over what a part did, its effects under other names where the part is only planned. */
  include(part: Findings, rename: (name: string) => string = (name) => name): void {
    for (const { name, columns } of part.effects) this.effect(rename(name), columns);
    this.uses.push(...part.uses);
    this.changes.push(...part.changes);
    for (const oid of part.touched) this.touched.add(oid);
    for (const origin of part.origins) this.origins.add(origin);
    for (const oid of part.defined) this.defined.add(oid);
    this.planned.push(...part.planned);
    for (const flag of part.flags) this.flags.add(flag);
    for (const dependency of part.dependencies) this.dependencies.add(dependency);
    this.unknown ??= part.unknown;
    this.dependsOnParameters ||= part.dependsOnParameters;
    this.dependsOnSession ||= part.dependsOnSession;
  }
}
