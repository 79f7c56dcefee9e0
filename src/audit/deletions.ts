import type { Leaf } from './leaf.ts';

/** Events of one log from `first` up to, not including, `end`. */
export interface IndexRange {
  readonly first: number;
  readonly end: number;
}

/**
 * What an event `segment.deleted` says: all ranges of its log that were ever deleted. Each such event names those of its
 * predecessors again, since these are deleted themselves one day.
 */
export function deletionNote(ranges: readonly IndexRange[]): string {
  return `retention deleted the records of events ${ranges.map(({ first, end }) => `${first}-${end - 1}`).join(', ')}; their hashes stay`;
}

/** Nothing where the event is none, or says something else. */
export function deletedBy({ kind, note = '' }: Leaf): readonly IndexRange[] {
  const [, list] = (kind === 'segment.deleted' && /^retention deleted the records of events (\d+-\d+(?:, \d+-\d+)*); their hashes stay$/.exec(note)) || [];
  return (list ?? '')
    .split(', ')
    .filter((text) => text !== '')
    .map((text) => {
      const [first = 0, last = -1] = text.split('-').map(Number);
      return { first, end: last + 1 };
    });
}

/** In order, and those that touch as one. */
export function mergeRanges(ranges: readonly IndexRange[]): readonly IndexRange[] {
  const merged: IndexRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const last = merged.at(-1);
    if (last && range.first <= last.end) merged[merged.length - 1] = { first: last.first, end: Math.max(last.end, range.end) };
    else merged.push(range);
  }
  return merged;
}

/** The first index of `range` that none of the merged ranges holds. */
export function firstOutside(merged: readonly IndexRange[], { first, end }: IndexRange): number | undefined {
  const around = merged.find((each) => each.first <= first && first < each.end);
  if (!around) return first < end ? first : undefined;
  return around.end < end ? around.end : undefined;
}
