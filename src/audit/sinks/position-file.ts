import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SallyportError } from '../../core/error.ts';
import { replaceFile } from './durable-file.ts';
import { START, type Position, type Positions } from './positions.ts';

const count = z.int().min(0);
const schema = z.record(z.string(), z.strictObject({ next: count, signed: count, sending: count.optional() }));

/** The positions of one sink, by writer, in a file of their own. What `durable` says survives any crash. */
export class PositionFile implements Positions {
  readonly #path: string;
  readonly #now: Map<string, Position>;
  readonly #saved: Map<string, Position>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, positions: ReadonlyMap<string, Position>) {
    this.#path = path;
    this.#now = new Map(positions);
    this.#saved = new Map(positions);
  }

  /** Throws `storage_failed` where the file is there and cannot be understood: going on from the start would flood the other side in silence. */
  static async open(path: string): Promise<PositionFile> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}';
      throw unreadable(path, error);
    });
    try {
      return new PositionFile(path, new Map(Object.entries(schema.parse(JSON.parse(text)))));
    } catch (cause) {
      throw unreadable(path, cause);
    }
  }

  get(writer: string): Position {
    return this.#now.get(writer) ?? START;
  }

  set(writer: string, position: Position): void {
    this.#now.set(writer, position);
  }

  durable(writer: string): Position {
    return this.#saved.get(writer) ?? START;
  }

  get isSaved(): boolean {
    return [...this.#now].every(([writer, position]) => this.#saved.get(writer) === position);
  }

  save(): Promise<void> {
    const next = this.#saving.then(() => (this.isSaved ? undefined : this.#write()));
    this.#saving = next.catch(() => {});
    return next;
  }

  async #write(): Promise<void> {
    const positions = new Map(this.#now);
    await replaceFile(this.#path, `${JSON.stringify(Object.fromEntries(positions))}\n`);
    for (const [writer, position] of positions) this.#saved.set(writer, position);
  }
}

function unreadable(path: string, cause: unknown): SallyportError {
  return new SallyportError('storage_failed', `the positions of a sink cannot be read from ${path}`, {
    cause,
    hint: 'remove the file to ship everything that the journal still has once more; receivers tell a repeat by the event id',
  });
}
