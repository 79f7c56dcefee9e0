import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { EMPTY_TREE, leafHash, nodeHash, peakCount, Tree } from './tree.ts';

/** RFC 6962, section 2.1, word for word: split at the largest power of two below n. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return hash('sha256', '', 'buffer');
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

const leaves = Array.from({ length: 130 }, (_, i) => leafHash(Buffer.from(`\0leaf ${i}`)));

test('the root is that of RFC 6962 at every size', () => {
  const tree = new Tree();
  assert.deepEqual(tree.root(), rootOf([]));
  for (const [i, leaf] of leaves.entries()) {
    tree.add(leaf);
    assert.deepEqual(tree.root(), rootOf(leaves.slice(0, i + 1)), `size ${i + 1}`);
  }
});

test('the roots of the published Certificate Transparency test vectors come out', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const tree = new Tree();
  const roots = inputs.map((input) => {
    tree.add(leafHash(Buffer.from(`00${input}`, 'hex')));
    return tree.root().toString('hex');
  });
  assert.equal(roots[0], '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  assert.equal(roots[7], '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
});

test('a tree goes on from its frontier as if it had never stopped, and holds few hashes', () => {
  const whole = new Tree();
  let resumed = new Tree(EMPTY_TREE);
  for (const leaf of leaves) {
    whole.add(leaf);
    resumed.add(leaf);
    resumed = new Tree(resumed.state());
    assert.equal(resumed.state().peaks.length, peakCount(resumed.size));
  }
  assert.deepEqual(resumed.root(), whole.root());
});
