import { join } from 'node:path';
import { leafHashes } from './leaf-hashes.ts';
import { consistencyRanges, rootsOf } from './proof.ts';
import { listSegments } from './segment.ts';
import { EMPTY_TREE, Tree, type TreeState } from './tree.ts';

/** That the log of `size` events continues that of `before`. Reads from the head of the segment in which `before` lies, and not what is older. */
export async function consistencyProof(folder: string, writer: string, before: number, size: number): Promise<readonly Buffer[]> {
  const ranges = consistencyRanges(before, size);
  const old = peaksOf(await treeAt(folder, writer, before));
  const later = ranges.filter(({ end }) => end > before);
  const roots = await rootsOf(later, leafHashes(folder, writer, before), before);
  // What lies before is always one of the old tree's perfect subtrees.
  return ranges.map((range) => roots[later.indexOf(range)] ?? old.get(range.first) ?? Buffer.alloc(0));
}

async function treeAt(folder: string, writer: string, size: number): Promise<TreeState> {
  const segments = await listSegments(join(folder, writer));
  const tree = new Tree(segments.findLast(({ header }) => header && header.tree.size <= size)?.header?.tree ?? EMPTY_TREE);
  if (tree.size < size) {
    for await (const hash of leafHashes(folder, writer, tree.size)) {
      tree.add(hash);
      if (tree.size === size) break;
    }
  }
  return tree.state();
}

/** The perfect subtrees by the index of their first leaf. */
function peaksOf({ size, peaks }: TreeState): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  let first = 0;
  for (const peak of peaks) {
    found.set(first, peak);
    first += 2 ** Math.floor(Math.log2(size - first));
  }
  return found;
}
