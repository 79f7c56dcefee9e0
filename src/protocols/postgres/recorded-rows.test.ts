import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Masker } from '../../core/masker.ts';
import { BACKEND, int32, message } from './codec.ts';
import { COPY_SIGNATURE } from './copy-format.ts';
import { RECORDED_BYTES, RecordedRows, type RowSource } from './recorded-rows.ts';

/** Column names are texts that a masker sees. */
const MASKER: Masker = {
  text: (value) => ({ value: value.replaceAll('secret', '[redacted]'), applied: [] }),
  json: (value) => ({ value, applied: [] }),
  texts: (value) => ({ value, applied: [] }),
};

const column = (name: string, type = 25, format: 0 | 1 = 0): RowSource['columns'][number] => ({ name, type, format });
const source = (columns: RowSource['columns'], result = 0, kind: RowSource['kind'] = 'rows'): RowSource => ({ result, kind, columns });
const int16 = (value: number): Buffer => int32(value).subarray(2);
const cells = (...values: readonly (string | Buffer | null)[]): Buffer =>
  Buffer.concat([int16(values.length), ...values.flatMap((value) => (value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)]))]);
const row = (...values: readonly (string | Buffer | null)[]): Buffer => message(BACKEND.dataRow, cells(...values));
const line = (text: string | Buffer): Buffer => message(BACKEND.copyData, Buffer.from(text));
const ONE = source([column('n')]);

test('rows are recorded as texts and nulls, with their columns, up to so many; the rest is counted', () => {
  const rows = new RecordedRows(2);
  const bytes = Buffer.concat([row('1', null), row('2', 'b'), row('3', 'c'), row('4', 'd')]);
  rows.read([{ source: source([column('id'), column('secret name')]), bytes }], MASKER);
  rows.give();
  assert.deepEqual(rows.told(), [
    {
      result: 0,
      columns: ['id', '[redacted] name'],
      rows: [
        ['1', null],
        ['2', 'b'],
      ],
      omitted: 2,
    },
  ]);
});

test('the bound is that of the command, over all of its results and parts', () => {
  const rows = new RecordedRows(3);
  rows.read([{ source: ONE, bytes: row('1') }], MASKER);
  rows.give();
  rows.read(
    [
      { source: ONE, bytes: row('2') },
      { source: source([column('m')], 1), bytes: Buffer.concat([row('3'), row('4')]) },
    ],
    MASKER,
  );
  rows.give();
  rows.read([{ source: source([column('o')], 2), bytes: row('5') }], MASKER);
  assert.deepEqual(rows.told(), [
    { result: 0, columns: ['n'], rows: [['1'], ['2']] },
    { result: 1, columns: ['m'], rows: [['3']], omitted: 1 },
    { result: 2, rows: [], omitted: 1 },
  ]);
});

test('what is masked again counts once, and what is not given yet is not said to be', () => {
  const rows = new RecordedRows(10);
  rows.read([{ source: ONE, bytes: row('1') }], MASKER);
  rows.read([{ source: ONE, bytes: row('1') }], MASKER);
  assert.equal(rows.given(), undefined);
  assert.deepEqual(rows.told(), [{ result: 0, columns: ['n'], rows: [['1']] }]);
  rows.give();
  assert.deepEqual(rows.given(), rows.told());
});

test('rows that could not be masked are counted and not recorded', () => {
  const rows = new RecordedRows(10);
  rows.read([{ source: ONE, bytes: row('1') }], MASKER);
  rows.count([{ source: ONE, bytes: Buffer.concat([row('hunter2'), row('hunter2')]) }]);
  rows.give();
  assert.deepEqual(rows.told(), [{ result: 0, rows: [], unmasked: 2 }]);
});

test('so many bytes are recorded and no more, however long a row or its columns are', () => {
  const wide = 'x'.repeat(100_000);
  const rows = new RecordedRows(10_000);
  rows.read([{ source: ONE, bytes: Buffer.concat([row(wide), row(wide), row(wide), row('small')]) }], MASKER);
  const told = JSON.stringify(rows.told());
  assert.ok(told.length > 200_000 && told.length < RECORDED_BYTES + 1000, `${told.length}`);
  assert.match(told, /"omitted":2/);
  const quotes = new RecordedRows(10_000);
  quotes.read([{ source: ONE, bytes: row('"'.repeat(RECORDED_BYTES - 100)) }], MASKER);
  assert.deepEqual(quotes.told(), [{ result: 0, columns: ['n'], rows: [], omitted: 1 }]);
  const named = new RecordedRows(10_000);
  named.read([{ source: source([column('x'.repeat(RECORDED_BYTES))]), bytes: row('1') }], MASKER);
  assert.deepEqual(named.told(), [{ result: 0, rows: [], omitted: 1 }]);
});

test('binary values are written as bound ones are; what has no text is base64', () => {
  const rows = new RecordedRows(10);
  const columns = [column('a', 23, 1), column('b', 16, 1), column('c', 1700, 1), column('d', 25, 1), column('e', 25, 0)];
  rows.read([{ source: source(columns), bytes: row(int32(7), Buffer.of(1), Buffer.of(0, 1), 'é', Buffer.of(0xff)) }], MASKER);
  assert.deepEqual(rows.told(), [{ result: 0, columns: ['a', 'b', 'c', 'd', 'e'], rows: [['7', 't', 'base64:AAE=', 'é', 'base64:/w==']] }]);
});

test('lines of a COPY are kept as they are; of its binary form the rows, without header and end', () => {
  const lines = new RecordedRows(2);
  lines.read([{ source: source([], 0, 'lines'), bytes: Buffer.concat([line('1\tann\n'), line('2\t\\N\n'), line('3\tx\n')]) }], MASKER);
  assert.deepEqual(lines.told(), [{ result: 0, lines: ['1\tann', '2\t\\N'], omitted: 1 }]);
  const tuples = [Buffer.concat([COPY_SIGNATURE, int32(0), int32(0), cells(int32(1), 'ann')]), cells(int32(2), null), cells(int32(3), 'x'), int16(-1)];
  const binary = new RecordedRows(2);
  binary.read([{ source: source([column('id', 23, 1), column('name', 25, 1)], 0, 'tuples'), bytes: Buffer.concat(tuples.map(line)) }], MASKER);
  assert.deepEqual(binary.told(), [
    {
      result: 0,
      columns: ['id', 'name'],
      rows: [
        ['1', 'ann'],
        ['2', null],
      ],
      omitted: 1,
    },
  ]);
});
