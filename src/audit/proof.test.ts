import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consistencyRanges, inclusionRanges, rootFromInclusion, rootsOf } from './proof.ts';
import { leafHash, nodeHash, Tree } from './tree.ts';

const leaves = Array.from({ length: 70 }, (_, i) => leafHash(Buffer.from(`\0leaf ${i}`)));

async function* some(from: number): AsyncIterable<Buffer> {
  for (const leaf of leaves.slice(from)) yield leaf;
}

function rootOf(size: number): string {
  const tree = new Tree();
  for (const leaf of leaves.slice(0, size)) tree.add(leaf);
  return tree.root().toString('hex');
}

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

/** RFC 9162, 2.1.4.2. */
function isConsistent(first: number, second: number, proof: readonly Buffer[]): boolean {
  if (first === second) return proof.length === 0;
  const path = Number.isInteger(Math.log2(first)) ? [Buffer.from(rootOf(first), 'hex'), ...proof] : [...proof];
  let [fn, sn] = [first - 1, second - 1];
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
  const [start, ...rest] = path;
  if (!start) return false;
  let [fr, sr] = [start, start];
  for (const node of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(node, fr), nodeHash(node, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else sr = nodeHash(sr, node);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 && fr.toString('hex') === rootOf(first) && sr.toString('hex') === rootOf(second);
}

test('a consistency proof between every two sizes holds', async () => {
  for (let second = 1; second <= leaves.length; second += 1)
    for (let first = 1; first <= second; first += 1)
      assert.ok(isConsistent(first, second, await rootsOf(consistencyRanges(first, second), some(0))), `${first} to ${second}`);
});
