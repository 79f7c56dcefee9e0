import { HEADER_BYTES, MalformedMessage } from './codec.ts';
import type { CellMask } from './sql/cell-mask.ts';

/** What is done with the cells of a result's rows, by column; `names` are what the record calls them. */
export interface RowPlan {
  readonly cells: readonly (CellMask | undefined)[];
  readonly names: readonly string[];
}

/** Rewritten bytes, and how often each column was masked. */
export interface Rewritten {
  readonly bytes: Buffer;
  readonly counts: ReadonlyMap<string, number>;
}

/** Rewrites a run of DataRow messages. Throws `MalformedMessage` for rows of another shape than foreseen. */
export function rewriteRows(run: Buffer, plan: RowPlan): Rewritten {
  const out = new Output(run.length);
  for (let at = 0; at < run.length;) {
    const end = at + 1 + run.readUInt32BE(at + 1);
    const began = out.length;
    out.copy(run, at, at + HEADER_BYTES);
    if (rewriteTuple(run, at + HEADER_BYTES, end, plan, out) !== end) throw new MalformedMessage('a row that is longer than what it says');
    out.writeInt32(out.length - began - 1, began + 1);
    at = end;
  }
  return out.done();
}

/** One row as DataRow and binary COPY have it: a count, then each cell with its length. The result is where it ends. */
export function rewriteTuple(run: Buffer, start: number, end: number, { cells, names }: RowPlan, out: Output): number {
  if (start + 2 > end || run.readInt16BE(start) !== cells.length) throw new MalformedMessage('a row with other columns than foreseen');
  let at = start + 2;
  let copied = start;
  for (const [index, mask] of cells.entries()) {
    if (at + 4 > end) throw new MalformedMessage('a row that ends too early');
    const length = run.readInt32BE(at);
    const next = at + 4 + Math.max(length, 0);
    if (length < -1 || next > end) throw new MalformedMessage('a cell that is longer than its row');
    if (mask) {
      const before = length < 0 ? null : run.subarray(at + 4, next);
      const after = mask(before);
      if (after !== before) {
        out.copy(run, copied, at);
        out.cell(after);
        out.count(names[index] ?? '');
        copied = next;
      }
    }
    at = next;
  }
  out.copy(run, copied, at);
  return at;
}

/** A buffer that grows: one allocation for most runs. */
export class Output {
  #bytes: Buffer;
  #length = 0;
  readonly #counts = new Map<string, number>();

  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafeSlow(expected + (expected >> 2) + 256);
  }

  get length(): number {
    return this.#length;
  }

  copy(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(from.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  cell(value: Uint8Array | null): void {
    this.#reserve(4);
    this.#bytes.writeInt32BE(value === null ? -1 : value.length, this.#length);
    this.#length += 4;
    if (value !== null) this.copy(value, 0, value.length);
  }

  writeInt32(value: number, at: number): void {
    this.#bytes.writeInt32BE(value, at);
  }

  count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  done(): Rewritten {
    return { bytes: this.#bytes.subarray(0, this.#length), counts: this.#counts };
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bigger = Buffer.allocUnsafeSlow((this.#length + more) * 2);
    bigger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bigger;
  }
}
