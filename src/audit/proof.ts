import { nodeHash, Tree } from './tree.ts';
import type { IndexRange } from './deletions.ts';

/** Proofs about a Merkle tree as RFC 6962 (section 2.1) defines them, first as the ranges of leaves whose subtree roots they consist of. */

/** The audit path of the leaf at `index` in a tree of `size`: nearest sibling first. */
export function inclusionRanges(index: number, size: number): readonly IndexRange[] {
  const path: IndexRange[] = [];
  for (let first = 0, end = size; end - first > 1;) {
    const middle = first + splitOf(end - first);
    path.push(index < middle ? { first: middle, end } : { first, end: middle });
    if (index < middle) end = middle;
    else first = middle;
  }
  return path.toReversed();
}

/** That the tree of `size` continues the one of `before` leaves. */
export function consistencyRanges(before: number, size: number): readonly IndexRange[] {
  if (before === 0 || before === size) return [];
  const path: IndexRange[] = [];
  let [first, end, known] = [0, size, true];
  while (before !== end) {
    const middle = first + splitOf(end - first);
    if (before <= middle) {
      path.push({ first: middle, end });
      end = middle;
    } else {
      path.push({ first, end: middle });
      first = middle;
      known = false;
    }
  }
  return known ? path.toReversed() : [{ first, end }, ...path.toReversed()];
}

/** The roots of these ranges, in the order in which they are given, from one pass over the leaf hashes that begin at index `from`. */
export async function rootsOf(ranges: readonly IndexRange[], hashes: AsyncIterable<Buffer>, from = 0): Promise<readonly Buffer[]> {
  const trees = ranges.map((range) => ({ ...range, tree: new Tree() }));
  const end = Math.max(from, ...ranges.map((range) => range.end));
  let index = from;
  if (end > from) {
    for await (const hash of hashes) {
      trees.find((each) => each.first <= index && index < each.end)?.tree.add(hash);
      index += 1;
      if (index === end) break;
    }
  }
  return trees.map(({ tree }) => tree.root());
}

/** The root that the proof leads to from a leaf's hash; undefined where the proof is not of the right length. Source: RFC 9162, 2.1.3.2. */
export function rootFromInclusion(leaf: Buffer, index: number, size: number, proof: readonly Buffer[]): Buffer | undefined {
  if (index >= size) return undefined;
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== proof.length) return undefined;
  return ranges.reduce((root, { first }, at) => {
    const sibling = proof[at] ?? root;
    return first > index ? nodeHash(root, sibling) : nodeHash(sibling, root);
  }, leaf);
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}
