import type { Leaf } from './leaf.ts';

/** Events of one log from `first` up to, not including, `end`. */
export interface IndexRange {
  readonly first: number;
  readonly end: number;
}

/** Deleted ranges by the writer of their log; merged. */
export type Deletions = ReadonlyMap<string, readonly IndexRange[]>;

/**
 * What an event `segment.deleted` says: all ranges that were ever deleted, of its own log, and of those that nobody writes any more. Each such event
 * names those of its predecessors again, since these are deleted themselves one day.
 */
export function deletionNote(own: string, deletions: Deletions): string {
  const parts = [...deletions]
    .filter(([, ranges]) => ranges.length > 0)
    .map(([writer, ranges]) => {
      const list = ranges.map(({ first, end }) => `${first}-${end - 1}`).join(', ');
      return `events ${list}${writer === own ? '' : ` of writer ${writer}`}`;
    });
  return `retention deleted the records of ${parts.join(' and ')}; their hashes stay`;
}

/** Nothing where the event is none, or says something else. */
export function deletedBy({ kind, note = '', writer: own }: Leaf): Deletions {
  const [, text] = (kind === 'segment.deleted' && /^retention deleted the records of (.+); their hashes stay$/.exec(note)) || [];
  const parts = (text ?? '').split(' and ').flatMap((part) => partOf(part, own));
  return mergeDeletions([new Map(parts)]);
}

function partOf(part: string, own: string): readonly (readonly [writer: string, ranges: readonly IndexRange[]])[] {
  const [, list, writer = own] = /^events (\d+-\d+(?:, \d+-\d+)*)(?: of writer (\S+))?$/.exec(part) ?? [];
  if (list === undefined) return [];
  const ranges = list.split(', ').map((text) => {
    const [first = 0, last = -1] = text.split('-').map(Number);
    return { first, end: last + 1 };
  });
  return [[writer, ranges]];
}

export function mergeDeletions(all: readonly Deletions[]): Deletions {
  const writers = new Set(all.flatMap((one) => [...one.keys()]));
  return new Map([...writers].toSorted().map((writer) => [writer, mergeRanges(all.flatMap((one) => one.get(writer) ?? []))]));
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
