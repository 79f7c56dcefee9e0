import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCommit, FRAME_HEADER, frameSize, frameSizeAt, MAX_BODIES, MAX_LEAF, readFrame, sealFrame } from './frame.ts';

function frame(leaf: string, bodies: string, index: number, place: 'first-of-commit' | 'later' = 'first-of-commit'): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(FRAME_HEADER), Buffer.from(leaf), Buffer.from(bodies)]);
  sealFrame(bytes, Buffer.byteLength(leaf), index, place);
  return bytes;
}

test('a frame is read back as it was written, also behind four thousand million others', () => {
  for (const index of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 52]) {
    const bytes = frame('{"é":1}', 'sealed', index, 'later');
    const read = readFrame(bytes, 0, bytes.length);
    assert.deepEqual([read?.index, read?.leaf.toString(), read?.bodies.toString(), read?.startsCommit], [index, '{"é":1}', 'sealed', false]);
    assert.equal(read?.prefixedLeaf.toString(), '\0{"é":1}');
  }
});

test('a frame with any bit of it changed is none', () => {
  const bytes = frame('{"a":1}', 'sealed', 7);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const size = frameSizeAt(changed, 0);
    assert.ok(size !== bytes.length || readFrame(changed, 0, size) === undefined, `bit ${bit}`);
  }
});

test('a frame that ends too early is short at every byte, and what is no frame is bad', () => {
  const bytes = frame('{"a":1}', 'sealed', 7);
  for (let end = 0; end < FRAME_HEADER; end += 1) assert.equal(frameSizeAt(bytes.subarray(0, end), 0), 'short');
  for (let end = FRAME_HEADER; end < bytes.length; end += 1) assert.equal(frameSizeAt(bytes.subarray(0, end), 0), bytes.length);
  for (const junk of ['x', 'junk that is long enough to be a header', '\0\0\0\0']) assert.equal(frameSizeAt(Buffer.from(junk), 0), 'bad');
});

test('a length beyond the bounds is refused before anything is allocated for it', () => {
  for (const [leaf, bodies] of [
    [MAX_LEAF + 1, 0],
    [0, 5],
    [5, MAX_BODIES + 1],
    [0xffffffff, 0xffffffff],
  ] as const) {
    const bytes = frame('{}', '', 0);
    bytes.writeUInt32BE(leaf, 8);
    bytes.writeUInt32BE(bodies, 12);
    assert.equal(frameSizeAt(bytes, 0), 'bad');
  }
  assert.equal(frameSize(5, 7), FRAME_HEADER + 12);
});

test('behind damage the next commit is found, and not a record that only belongs to the same commit', () => {
  const later = frame('{"n":1}', '', 1, 'later');
  const commit = frame('{"n":2}', '', 2);
  const damage = Buffer.from('damage\xfeSPR', 'latin1');
  assert.equal(findCommit(Buffer.concat([damage, later, commit]), 0), damage.length + later.length);
  assert.equal(findCommit(Buffer.concat([damage, later]), 0), -1);
  assert.equal(findCommit(Buffer.concat([damage, commit.subarray(0, -1)]), 0), -1);
});
