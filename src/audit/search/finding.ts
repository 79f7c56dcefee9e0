/** What is looked for, in the database's own words, between two ids (both excluded): an id begins with its time. */
export interface Finding {
  readonly expression: string;
  /** The part of it that is worth looking up in an index of words. */
  readonly lookup: string;
  readonly lower: string;
  readonly upper: string;
  readonly limit: number;
}

export interface Hits {
  /** Ids, in the order asked for; one more than `limit`, or even more, where there are as many. */
  readonly places: readonly string[];
  /** The last id looked at, where the search ended before there was nothing left. */
  readonly end?: string;
}
