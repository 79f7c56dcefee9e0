import { open, type FileHandle } from 'node:fs/promises';
import { findCommit, frameSizeAt, readFrame, type Frame } from './frame.ts';

/** What stands behind the last complete record. Zeros at the end of the file are room that was laid ahead (`log-file.ts`), and nothing. */
export interface Rest {
  /** `more`: a complete record that came meanwhile. `torn`: the end of the last commit. `damaged`: complete commits follow what is none. */
  readonly kind: 'nothing' | 'more' | 'torn' | 'damaged';
  /** Without the zeros. */
  readonly bytes: number;
}

/** A reader at the end of a log that grows takes little at a time, since most of it may be room ahead. */
const SMALLEST_CHUNK = 1 << 16;
const CHUNK = 1 << 20;

/**
 * Reads a segment's frames in order, a chunk at a time. It may be asked again at the end: a segment that is being written grows.
 */
export class SegmentReader {
  readonly #file: FileHandle;
  #offset: number;
  #chunk = SMALLEST_CHUNK;

  private constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }

  static async open(path: string, offset: number): Promise<SegmentReader> {
    return new SegmentReader(await open(path, 'r'), offset);
  }

  /** Where the next frame begins. */
  get offset(): number {
    return this.#offset;
  }

  /** The next complete frames; none at the end, or where what stands here is none: `rest` says which. */
  async read(): Promise<readonly Frame[]> {
    const remaining = (await this.#file.stat()).size - this.#offset;
    if (remaining <= 0) return [];
    let bytes = await this.#bytes(Math.min(remaining, this.#chunk));
    const needed = frameSizeAt(bytes, 0);
    if (typeof needed !== 'number' || needed > remaining) return this.#nothing();
    if (needed > bytes.length) bytes = await this.#bytes(needed);
    const frames = this.#parse(bytes);
    return frames.length === 0 ? this.#nothing() : frames;
  }

  /** After a `read` that gave nothing. */
  async rest(): Promise<Rest> {
    const first = await this.#look();
    // While it was read a commit may have come where nothing was yet, and the next one behind it: then the first is whole by now.
    return first.kind === 'damaged' ? this.#look() : first;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #parse(bytes: Buffer): readonly Frame[] {
    const { frames, length } = framesAt(bytes, this.#offset);
    this.#offset += length;
    this.#chunk = bytes[length] === 0 ? SMALLEST_CHUNK : Math.min(this.#chunk * 2, CHUNK);
    return frames;
  }

  #nothing(): readonly Frame[] {
    this.#chunk = SMALLEST_CHUNK;
    return [];
  }

  async #look(): Promise<Rest> {
    const { size } = await this.#file.stat();
    const rest = await this.#bytes(Math.max(0, size - this.#offset));
    const bytes = lengthWithoutZeros(rest);
    if (bytes === 0) return { kind: 'nothing', bytes };
    const needed = frameSizeAt(rest, 0);
    if (typeof needed === 'number' && needed <= rest.length && readFrame(rest, 0, needed)) return { kind: 'more', bytes };
    return { kind: findCommit(rest, 1) < 0 ? 'torn' : 'damaged', bytes };
  }

  async #bytes(length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(buffer, filled, length - filled, this.#offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}

/** The complete frames at the beginning of `bytes`, which stand at `offset` in their file, and how long they are together. */
export function framesAt(bytes: Buffer, offset: number, read: typeof readFrame = readFrame): { readonly frames: readonly Frame[]; readonly length: number } {
  const frames: Frame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = frameSizeAt(bytes, at);
    if (typeof size !== 'number' || at + size > bytes.length) break;
    const frame = read(bytes, at, size, offset);
    if (!frame) break;
    frames.push(frame);
    at += size;
  }
  return { frames, length: at };
}

function lengthWithoutZeros(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return length;
}
