import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int32, message } from './codec.ts';
import type { CopyFormat } from './copy-format.ts';
import { rewriteCopy } from './copy-mask.ts';
import { rewriteRows } from './row-mask.ts';
import type { CellMask } from './sql/cell-mask.ts';

const stars: CellMask = (cell) => (cell === null ? null : Buffer.from(`<${Buffer.from(cell).toString()}>`));
const plan = { cells: [undefined, stars, undefined], names: ['', 'column.b', ''] };
const TEXT: CopyFormat = { kind: 'text', delimiter: '\t', nothing: '\\N', header: false };
const CSV: CopyFormat = { kind: 'csv', delimiter: ',', nothing: '', header: true, quote: '"', escape: '"' };

const lines = (format: CopyFormat, ...given: readonly string[]): string => {
  const run = Buffer.concat(given.map((line) => message(0x64, Buffer.from(line))));
  const { bytes } = rewriteCopy(run, { ...plan, format }, 'first');
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) texts.push(bytes.toString('utf8', at + 5, at + 1 + bytes.readUInt32BE(at + 1)));
  return texts.join('');
};

test('COPY as text: the cell is found whatever it holds, and what replaces it is written so that it can be read', () => {
  assert.equal(lines(TEXT, 'a\tb\tc\n'), 'a\t<b>\tc\n');
  assert.equal(lines(TEXT, 'a\\\tz\tb\\nü\\\\\tc\n'), 'a\\\tz\t<b\\nü\\\\>\tc\n');
  assert.equal(lines(TEXT, 'a\t\\N\tc\n'), 'a\t\\N\tc\n');
  assert.throws(() => lines(TEXT, 'a\tb\n'), /other columns/);
  assert.throws(() => lines(TEXT, 'a\tb\tc'), /without its end/);
});

test('COPY as CSV: quotes, doubled quotes, line breaks in quotes, and a header that stays', () => {
  assert.equal(lines(CSV, 'x,y,z\n', 'a,b,c\n'), 'x,y,z\na,"<b>",c\n');
  assert.equal(lines({ ...CSV, header: false }, '"a,1","b ""q"", \n2",c\n'), '"a,1","<b ""q"", \n2>",c\n');
  assert.equal(lines({ ...CSV, header: false }, 'a,,c\n'), 'a,,c\n');
  assert.throws(() => lines({ ...CSV, header: false }, 'a,"b,c\n'), /quotes/);
});

const tuple = (...cells: readonly (string | null)[]): Buffer =>
  Buffer.concat([Buffer.of(0, cells.length), ...cells.map((cell) => (cell === null ? int32(-1) : Buffer.concat([int32(cell.length), Buffer.from(cell)])))]);
const row = (...cells: readonly (string | null)[]): Buffer => message(0x44, tuple(...cells));

test('binary COPY has its header once, and ends as it ends', () => {
  const header = Buffer.concat([Buffer.from('PGCOPY\n\u00ff\r\n\0', 'latin1'), int32(0), int32(0)]);
  const run = Buffer.concat([message(0x64, header, tuple('a', 'b', 'c')), message(0x64, tuple('d', null, 'f')), message(0x64, Buffer.of(0xff, 0xff))]);
  const { bytes, counts } = rewriteCopy(run, { ...plan, format: { kind: 'binary' } }, 'first');
  assert.deepEqual(
    bytes,
    Buffer.concat([message(0x64, header, tuple('a', '<b>', 'c')), message(0x64, tuple('d', null, 'f')), message(0x64, Buffer.of(0xff, 0xff))]),
  );
  assert.equal(counts.get('column.b'), 1);
});

test('rows: only the masked cell changes, and a row of another shape is not passed on', () => {
  assert.deepEqual(
    rewriteRows(Buffer.concat([row('a', 'b', 'c'), row(null, null, '')]), plan).bytes,
    Buffer.concat([row('a', '<b>', 'c'), row(null, null, '')]),
  );
  for (const bad of [
    row('a', 'b'),
    message(0x44),
    message(0x44, Buffer.of(0)),
    message(0x44, Buffer.of(0, 3), int32(100)),
    message(0x44, Buffer.of(0, 3), int32(-2)),
    message(0x44, tuple('a', 'b', 'c'), Buffer.of(1)),
  ])
    assert.throws(() => rewriteRows(bad, plan), /row|cell/);
});
