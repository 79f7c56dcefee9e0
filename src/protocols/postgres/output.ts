/** Rewritten bytes, and how often each column was masked. */
export interface Rewritten {
  readonly bytes: Buffer;
  readonly counts: ReadonlyMap<string, number>;
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
    this.#bytes.set(start === 0 && end === from.length ? from : from.subarray(start, end), this.#length);
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
