import { hash } from 'node:crypto';

/**
 * A Merkle tree as RFC 6962 (section 2.1) defines it, kept as its frontier: the roots of the perfect subtrees that the
 * size's binary digits name, largest first. Adding a leaf costs two hashes on average, memory is O(log n).
 */
export interface TreeState {
  readonly size: number;
  readonly peaks: readonly Buffer[];
}

export const EMPTY_TREE: TreeState = { size: 0, peaks: [] };
const HASH_BYTES = 32;

/** `prefixed` is 0x00 followed by the leaf's bytes. */
export function leafHash(prefixed: Uint8Array): Buffer {
  return digest(prefixed);
}

/** By way of a string: a buffer that the engine makes is memory of its own, dearer than the hash, and a small one of ours is not. */
function digest(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

export function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(pair, 1);
  right.copy(pair, 1 + HASH_BYTES);
  return digest(pair);
}

export class Tree {
  #size: number;
  readonly #peaks: Buffer[];

  constructor(state: TreeState = EMPTY_TREE) {
    this.#size = state.size;
    this.#peaks = [...state.peaks];
  }

  get size(): number {
    return this.#size;
  }

  add(leaf: Buffer): void {
    let carry = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) carry = nodeHash(this.#peaks.pop() ?? carry, carry);
    this.#peaks.push(carry);
    this.#size += 1;
  }

  root(): Buffer {
    const last = this.#peaks.at(-1);
    return last ? this.#peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last) : hash('sha256', '', 'buffer');
  }

  state(): TreeState {
    return { size: this.#size, peaks: [...this.#peaks] };
  }
}

/** How many peaks a tree of this size has. */
export function peakCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
