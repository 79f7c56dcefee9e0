import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int32, MalformedMessage, message } from './codec.ts';
import { rewriteRows, type RowPlan } from './row-mask.ts';
import { createCellMask, createCellOverwrite } from './sql/cell-mask.ts';
import type { ColumnMask } from './sql/mask-verdict.ts';

const TEXT = 25;
const KEY = Buffer.alloc(32, 7);
const PARTIAL: ColumnMask = { operator: 'partial', name: 'ssn', each: 'value' };

const replaced: RowPlan = { cells: [undefined, createCellMask(PARTIAL, TEXT, 0, KEY), undefined], names: ['', 'column.ssn', ''] };
const overwritten: RowPlan = { ...replaced, overwrites: [undefined, createCellOverwrite(PARTIAL, TEXT), undefined] };

const row = (...cells: readonly (string | null)[]): Buffer => {
  const parts = cells.map((cell) => (cell === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(cell)), Buffer.from(cell)])));
  return message(0x44, Buffer.of(0, cells.length), ...parts);
};

test('rows whose cells are masked where they lie are those in which they are replaced, and are counted alike', () => {
  const runs = [
    [row('1', '536-22-7741', 'a')],
    [row('1', '536-22-7741', 'a'), row('2', null, null), row(null, 'abcdefgh', '')],
    // What stands for these is longer, or takes other bytes: all of the run is written anew.
    [row('1', '536-22-7741', 'a'), row('2', 'abc', 'b'), row('3', 'über 536-22-7741', 'c')],
    [row('1', 'x'.repeat(100), 'a')],
  ];
  for (const run of runs.map((rows) => Buffer.concat(rows))) {
    const before = Buffer.from(run);
    assert.deepEqual(rewriteRows(run, overwritten), rewriteRows(run, replaced));
    assert.deepEqual(run, before, 'what came stays as it is: it may be masked once more');
  }
  const { bytes, counts } = rewriteRows(Buffer.concat(runs[1] ?? []), overwritten);
  assert.deepEqual(bytes, Buffer.concat([row('1', '*******7741', 'a'), row('2', null, null), row(null, '****efgh', '')]));
  assert.deepEqual([...counts], [['column.ssn', 2]]);
});

test('rows of another shape are not passed on, wherever they are masked', () => {
  const bad = [
    row('1', '536-22-7741'),
    row('1', '536-22-7741', 'a', 'b'),
    message(0x44),
    message(0x44, Buffer.of(0, 3), int32(1)),
    message(0x44, Buffer.of(0, 3), int32(-2), int32(-1), int32(-1)),
    message(0x44, Buffer.of(0, 3), int32(-1), int32(100), Buffer.from('short')),
    message(0x44, Buffer.of(0, 3), int32(-1), int32(-1), int32(-1), Buffer.from('more')),
  ];
  for (const plan of [replaced, overwritten])
    for (const one of bad) assert.throws(() => rewriteRows(Buffer.concat([row('1', '536-22-7741', 'a'), one]), plan), MalformedMessage);
});

test('a redacted column keeps its nulls, and a constant one does not', () => {
  const of = (mask: ColumnMask): RowPlan => ({ cells: [createCellMask(mask, TEXT, 0, KEY)], names: ['column.ssn'] });
  const run = Buffer.concat([row('536-22-7741'), row(null)]);
  const redact = { operator: 'redact', name: 'ssn' } as const;
  assert.deepEqual(rewriteRows(run, of({ ...redact, each: 'value' })).bytes, Buffer.concat([row('[redacted:ssn]'), row(null)]));
  assert.deepEqual(rewriteRows(run, of({ ...redact, each: 'constant' })).bytes, Buffer.concat([row('[redacted:ssn]'), row('[redacted:ssn]')]));
});
