import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCheckpoints } from '../checkpoint.ts';
import { checkpointsPath } from '../segment.ts';
import type { SinkCheckpoint } from './sink.ts';
import { unlessMissing } from '../unless-missing.ts';

const CHUNK = 1 << 18;

/** One writer's checkpoints in order, from the file that grows beside its segments. */
export class CheckpointFeed {
  readonly #path: string;
  /** Covered by what was given; smaller ones are passed over. */
  #after: number;
  #offset = 0;
  #waiting: readonly SinkCheckpoint[] = [];

  constructor(folder: string, writer: string, after: number) {
    this.#path = checkpointsPath(join(folder, writer));
    this.#after = after;
  }

  /** The next checkpoints that cover at most so many leaves. */
  async take(upTo: number): Promise<readonly SinkCheckpoint[]> {
    if (this.#waiting.length === 0 || (this.#waiting.at(-1)?.size ?? 0) <= upTo) this.#waiting = [...this.#waiting, ...(await this.#read())];
    const taken = this.#waiting.filter(({ size }) => size <= upTo);
    this.#waiting = this.#waiting.filter(({ size }) => size > upTo);
    this.#after = taken.at(-1)?.size ?? this.#after;
    return taken;
  }

  async #read(): Promise<readonly SinkCheckpoint[]> {
    if ((await sizeOf(this.#path)) <= this.#offset) return [];
    const file = await open(this.#path, 'r');
    try {
      const found: SinkCheckpoint[] = [];
      for (let notes = await this.#readSome(file); notes.length > 0; notes = await this.#readSome(file)) found.push(...notes);
      return found.filter(({ size }) => size > this.#after);
    } finally {
      await file.close();
    }
  }

  /** Our own notes are all ASCII up to the dash of the signature line, so bytes are cut between notes only. */
  async #readSome(file: FileHandle): Promise<readonly SinkCheckpoint[]> {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, this.#offset);
    const source = buffer.toString('utf8', 0, bytesRead);
    const { notes, rest } = parseCheckpoints(source);
    this.#offset += Buffer.byteLength(source.slice(0, rest));
    return notes.flatMap(({ checkpoint, text, signatures }) => (checkpoint ? [{ size: checkpoint.size, note: `${text}\n${signatures.join('\n')}\n` }] : []));
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(unlessMissing);
  return found?.size ?? 0;
}
