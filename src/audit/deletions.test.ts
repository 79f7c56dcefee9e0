import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deletedBy, deletionNote, firstOutside, mergeRanges } from './deletions.ts';
import type { Leaf } from './leaf.ts';

const leaf = (kind: Leaf['kind'], note: string): Leaf => ({ id: 'x', time: '2026-11-21T12:00:00.000Z', writer: 'w', index: 9, kind, note });

test('what an event says of deleted ranges is read back from it, and from no other event', () => {
  const ranges = [
    { first: 0, end: 120 },
    { first: 300, end: 301 },
  ];
  const all = new Map([
    ['gone', [{ first: 5, end: 6 }]],
    ['w', ranges],
  ]);
  const note = deletionNote('w', all);
  assert.equal(note, 'retention deleted the records of events 5-5 of writer gone and events 0-119, 300-300; their hashes stay');
  assert.deepEqual(deletedBy(leaf('segment.deleted', note)), all);
  assert.deepEqual(deletedBy(leaf('segment.deleted', deletionNote('w', new Map([['gone', ranges]])))), new Map([['gone', ranges]]));
  assert.equal(deletedBy(leaf('command.forwarded', note)).size, 0);
  assert.equal(deletedBy(leaf('segment.deleted', 'retention deleted the records of events 0-; their hashes stay')).size, 0);
});

test('ranges that touch or overlap are one', () => {
  assert.deepEqual(
    mergeRanges([
      { first: 10, end: 20 },
      { first: 0, end: 10 },
      { first: 15, end: 18 },
      { first: 30, end: 31 },
    ]),
    [
      { first: 0, end: 20 },
      { first: 30, end: 31 },
    ],
  );
});

test('an index that nobody said was deleted is found', () => {
  const merged = [{ first: 0, end: 20 }];
  assert.equal(firstOutside(merged, { first: 5, end: 20 }), undefined);
  assert.equal(firstOutside(merged, { first: 5, end: 21 }), 20);
  assert.equal(firstOutside(merged, { first: 20, end: 25 }), 20);
  assert.equal(firstOutside([], { first: 0, end: 1 }), 0);
});
