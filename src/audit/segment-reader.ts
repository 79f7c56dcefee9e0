import { open, type FileHandle } from 'node:fs/promises';
import { findCommit, frameSizeAt, readFrame, type Frame } from './frame.ts';

export interface PlacedFrame extends Frame {
  /** Where it begins in the file. */
  readonly offset: number;
}

const CHUNK = 1 << 20;

/**
 * Reads a segment's frames in order, a chunk at a time. It may be asked again at the end: a segment that is being written grows.
 */
export class SegmentReader {
  readonly #file: FileHandle;
  #offset: number;
  #state: 'reading' | 'end' | 'short' | 'bad' = 'reading';

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

  /** Why the last `read` gave nothing: `short`, the file ends within a frame; `bad`, what stands here is no frame. */
  get state(): 'reading' | 'end' | 'short' | 'bad' {
    return this.#state;
  }

  /** The next complete frames; none at the end. */
  async read(): Promise<readonly PlacedFrame[]> {
    const remaining = (await this.#file.stat()).size - this.#offset;
    if (remaining <= 0) return this.#stop('end');
    let bytes = await this.#bytes(Math.min(remaining, CHUNK));
    const needed = frameSizeAt(bytes, 0);
    if (needed === 'bad') return this.#stop('bad');
    if (needed === 'short' || needed > remaining) return this.#stop('short');
    if (needed > bytes.length) bytes = await this.#bytes(needed);
    const frames = this.#parse(bytes);
    return frames.length === 0 ? this.#stop('bad') : frames;
  }

  /** After `short` or `bad`: is this the torn end of the last commit, or damage with acknowledged commits behind it? */
  async diagnose(): Promise<'torn' | 'damaged'> {
    const { size } = await this.#file.stat();
    const rest = await this.#bytes(size - this.#offset);
    return findCommit(rest, 1) < 0 ? 'torn' : 'damaged';
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #parse(bytes: Buffer): readonly PlacedFrame[] {
    const frames: PlacedFrame[] = [];
    let at = 0;
    while (at < bytes.length) {
      const size = frameSizeAt(bytes, at);
      if (typeof size !== 'number' || at + size > bytes.length) break;
      const frame = readFrame(bytes, at, size);
      if (!frame) break;
      frames.push({ ...frame, offset: this.#offset + at });
      at += size;
    }
    this.#offset += at;
    this.#state = 'reading';
    return frames;
  }

  #stop(state: 'end' | 'short' | 'bad'): readonly PlacedFrame[] {
    this.#state = state;
    return [];
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
