import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isConsistent, type TreeHead } from '../../test/support/consistency.ts';
import { consistencyRanges, inclusionRanges, rootFromInclusion, rootsOf } from './proof.ts';
import { leafHash, Tree } from './tree.ts';

const leaves = Array.from({ length: 70 }, (_, i) => leafHash(Buffer.from(`\0leaf ${i}`)));

async function* some(from: number): AsyncIterable<Buffer> {
  for (const leaf of leaves.slice(from)) yield leaf;
}

function rootOf(size: number): string {
  const tree = new Tree();
  for (const leaf of leaves.slice(0, size)) tree.add(leaf);
  return tree.root().toString('hex');
}

const headOf = (size: number): TreeHead => ({ size, root: Buffer.from(rootOf(size), 'hex').toString('base64') });

test('an inclusion proof of every leaf in a tree of every size leads to its root, and of no other leaf', async () => {
  for (let size = 1; size <= leaves.length; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = await rootsOf(inclusionRanges(index, size), some(0));
      assert.equal(rootFromInclusion(leaves[index] ?? Buffer.alloc(32), index, size, proof)?.toString('hex'), rootOf(size), `${index} of ${size}`);
      const other = leaves[(index + 1) % leaves.length] ?? Buffer.alloc(32);
      assert.notEqual(rootFromInclusion(other, index, size, proof)?.toString('hex'), rootOf(size));
      assert.equal(rootFromInclusion(other, index, size, [...proof, other]), undefined);
    }
  }
  assert.equal(rootFromInclusion(leaves[0] ?? Buffer.alloc(32), 5, 5, []), undefined);
});

test('a consistency proof between every two sizes holds', async () => {
  for (let second = 1; second <= leaves.length; second += 1)
    for (let first = 1; first <= second; first += 1)
      assert.ok(isConsistent(headOf(first), headOf(second), await rootsOf(consistencyRanges(first, second), some(0))), `${first} to ${second}`);
});
