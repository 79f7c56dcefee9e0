/** A stored column: `<oid of the relation>.<name>`. `*` is a column that nobody could tell. */
export type Origin = string;
export type Origins = ReadonlySet<Origin>;

export const ANYTHING: Origin = '*';
const NONE: Origins = new Set();

/** What is known of a value before it exists: which stored columns it may tell of. */
export interface Value {
  readonly origins: Origins;
  /** The one column whose value it is, unchanged. */
  readonly plain?: Origin;
  /** Of a row: its columns. */
  readonly fields?: readonly Field[];
  /** What is written in the text itself, where it can be worked out. */
  readonly constant?: string;
  readonly type?: number;
  /** A parameter that is not known yet is in it: what is done with its text depends on what is bound. */
  readonly open?: true;
  /** How long a text is at least, where a function was told to make it that long. */
  readonly length?: number;
}

export interface Field {
  readonly name: string;
  readonly value: Value;
}

export const BLANK: Value = { origins: NONE };

export const unknownValue: Value = { origins: new Set([ANYTHING]) };

export const constantValue = (constant: string | undefined, type?: number): Value => ({
  origins: NONE,
  ...(constant === undefined ? {} : { constant }),
  ...(type === undefined ? {} : { type }),
});

export const columnValue = (origin: Origin, type: number): Value => ({ origins: new Set([origin]), plain: origin, type });

export function rowValue(fields: readonly Field[], type?: number): Value {
  return { origins: unite(fields.map(({ value }) => value)), fields, ...(type === undefined ? {} : { type }) };
}

/** A value made from others: it tells of whatever they tell of. */
export function derivedFrom(values: readonly Value[], type?: number): Value {
  return { origins: unite(values), ...(type === undefined ? {} : { type }), ...openOf(values) };
}

export const openOf = (values: readonly Value[]): Pick<Value, 'open'> => (values.some(({ open }) => open) ? { open: true } : {});

/** One of several values, as of a union: itself where all are the same column. */
export function eitherOf(values: readonly Value[]): Value {
  const [first, ...others] = values;
  if (!first) return BLANK;
  if (first.plain !== undefined && others.every(({ plain }) => plain === first.plain)) return first;
  return derivedFrom(values, first.type);
}

function unite(values: readonly Value[]): Origins {
  const full = values.filter(({ origins }) => origins.size > 0);
  if (full.length === 0) return NONE;
  if (full.length === 1) return full[0]?.origins ?? NONE;
  return new Set(full.flatMap(({ origins }) => [...origins]));
}
