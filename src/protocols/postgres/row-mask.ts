import type { Overwrite } from '../../masking/column.ts';
import { HEADER_BYTES, MalformedMessage } from './codec.ts';
import { Output, type Rewritten } from './output.ts';
import type { CellMask } from './sql/cell-mask.ts';

/** What is done with the cells of a result's rows, by column; `names` are what the record calls them. */
export interface RowPlan {
  readonly cells: readonly (CellMask | undefined)[];
  readonly names: readonly string[];
  /** The same for cells that are masked where they lie; absent where a column has some that cannot be. */
  readonly overwrites?: readonly (Overwrite | undefined)[] | undefined;
}

/** Rewrites a run of DataRow messages. Throws `MalformedMessage` for rows of another shape than foreseen. */
export function rewriteRows(run: Buffer, plan: RowPlan): Rewritten {
  return overwriteRows(run, plan) ?? replaceInRows(run, plan);
}

/** A copy of the run with its cells masked where they lie; undefined where something longer or shorter stands for one of them. */
function overwriteRows(run: Buffer, { overwrites, names }: RowPlan): Rewritten | undefined {
  if (!overwrites) return undefined;
  const bytes = Buffer.allocUnsafeSlow(run.length);
  run.copy(bytes);
  const view = viewOf(run);
  const masked = new Uint32Array(overwrites.length);
  for (let at = 0; at < run.length;) {
    const end = at + 1 + view.getUint32(at + 1);
    at = firstCell(view, at + HEADER_BYTES, end, overwrites.length);
    for (let column = 0; column < overwrites.length; column += 1) {
      const next = endOfCell(view, at, end);
      const overwrite = overwrites[column];
      if (overwrite && view.getInt32(at) >= 0) {
        if (!overwrite(bytes, at + 4, next)) return undefined;
        masked[column] = (masked[column] ?? 0) + 1;
      }
      at = next;
    }
    if (at !== end) throw new MalformedMessage('a row that is longer than what it says');
  }
  return { bytes, counts: countsOf(masked, names) };
}

function countsOf(masked: Uint32Array, names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [column, count] of masked.entries()) if (count > 0) counts.set(names[column] ?? '', (counts.get(names[column] ?? '') ?? 0) + count);
  return counts;
}

function replaceInRows(run: Buffer, plan: RowPlan): Rewritten {
  const out = new Output(run.length);
  const view = viewOf(run);
  for (let at = 0; at < run.length;) {
    const end = at + 1 + view.getUint32(at + 1);
    const began = out.length;
    out.copy(run, at, at + HEADER_BYTES);
    if (rewriteTuple(run, at + HEADER_BYTES, end, plan, out, view) !== end) throw new MalformedMessage('a row that is longer than what it says');
    out.writeInt32(out.length - began - 1, began + 1);
    at = end;
  }
  return out.done();
}

/** One row as DataRow and binary COPY have it: a count, then each cell with its length. The result is where it ends. */
export function rewriteTuple(run: Buffer, start: number, end: number, { cells, names }: RowPlan, out: Output, view: DataView = viewOf(run)): number {
  let at = firstCell(view, start, end, cells.length);
  let copied = start;
  for (let column = 0; column < cells.length; column += 1) {
    const next = endOfCell(view, at, end);
    const mask = cells[column];
    if (mask) {
      const before = view.getInt32(at) < 0 ? null : run.subarray(at + 4, next);
      const after = mask(before);
      if (after !== before) {
        out.copy(run, copied, at);
        out.cell(after);
        out.count(names[column] ?? '');
        copied = next;
      }
    }
    at = next;
  }
  out.copy(run, copied, at);
  return at;
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);

/** Where the cells of a row begin that ends at `end` and has so many of them. */
function firstCell(view: DataView, start: number, end: number, columns: number): number {
  if (start + 2 > end || view.getInt16(start) !== columns) throw new MalformedMessage('a row with other columns than foreseen');
  return start + 2;
}

function endOfCell(view: DataView, at: number, end: number): number {
  if (at + 4 > end) throw new MalformedMessage('a row that ends too early');
  const length = view.getInt32(at);
  const next = at + 4 + Math.max(length, 0);
  if (length < -1 || next > end) throw new MalformedMessage('a cell that is longer than its row');
  return next;
}
