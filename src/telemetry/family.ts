import type { Metric } from './metric.ts';

export interface FamilyOptions {
  /** Without the `_total` of counters; with its unit as the last word, where it has one. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** More than this are one series, whose labels all say `other`: whoever asks cannot make the gateway keep more. */
const MAX_SERIES = 2_000;
const MAX_LABEL = 128;
const OTHER = 'other';

/** All series of one name. */
export class Family<M extends Metric> {
  readonly options: FamilyOptions;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly #make: () => M;
  readonly #series = new Map<string, { readonly values: readonly string[]; readonly metric: M }>();

  constructor(kind: Family<M>['kind'], options: FamilyOptions, make: () => M) {
    this.kind = kind;
    this.options = options;
    this.#make = make;
  }

  /** The series of these values, in the order of the labels. Whoever counts often keeps it. */
  with(...given: readonly string[]): M {
    const values = given.map((value) => value.slice(0, MAX_LABEL));
    const key = values.join('\0');
    const known = this.#series.get(key);
    if (known) return known.metric;
    if (this.#series.size >= MAX_SERIES && values.some((value) => value !== OTHER)) return this.with(...values.map(() => OTHER));
    const metric = this.#make();
    this.#series.set(key, { values, metric });
    return metric;
  }

  /** Forgets all: for gauges that are told anew each time. */
  clear(): void {
    this.#series.clear();
  }

  get series(): Iterable<{ readonly values: readonly string[]; readonly metric: M }> {
    return this.#series.values();
  }
}
