import { stat } from 'node:fs/promises';
import { closedNote, signCheckpoint } from './checkpoint.ts';
import type { Disk, DiskFile } from './disk.ts';
import type { NoteSigner } from './note.ts';
import { checkpointsPath } from './segment.ts';

export interface NewestNote {
  readonly size: number;
  /** The signed note. */
  readonly text: string;
}

/** The writer's signed checkpoints, one after another. */
export class CheckpointFile {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #origin: string;
  readonly #signer: NoteSigner;
  #file: DiskFile | undefined;
  /** Length of the file up to its last whole note; known once it was opened. */
  #good: number | undefined;
  #newest: NewestNote | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: {
    readonly disk: Disk;
    readonly folder: string;
    readonly origin: string;
    readonly signer: NoteSigner;
    readonly newest: NewestNote | undefined;
  }) {
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.#origin = options.origin;
    this.#signer = options.signer;
    this.#newest = options.newest;
  }

  /** The newest durable checkpoint. */
  get newest(): NewestNote | undefined {
    return this.#newest;
  }

  /** Signs this state of the tree, where it has grown, and resolves when the note is on disk. One at a time, in order. */
  sign(size: number, root: Buffer): Promise<void> {
    const next = this.#last.then(() => (size > (this.#newest?.size ?? 0) ? this.#append(size, root) : undefined));
    this.#last = next.catch(() => {});
    return next;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #append(size: number, root: Buffer): Promise<void> {
    const text = signCheckpoint({ origin: this.#origin, size, root: root.toString('base64') }, this.#signer);
    const note = Buffer.from(closedNote(text));
    const file = this.#file ?? (await this.#open());
    try {
      await file.append(note);
      await file.sync();
    } catch (error) {
      this.#file = undefined;
      await file.truncate(this.#good ?? 0).catch(() => {});
      await file.close().catch(() => {});
      throw error;
    }
    this.#good = (this.#good ?? 0) + note.length;
    this.#newest = { size, text };
  }

  /** After a failure the file is cut to its last whole note before anything follows it. */
  async #open(): Promise<DiskFile> {
    const path = checkpointsPath(this.#folder);
    const file = await this.#disk.extend(path);
    const { size } = await stat(path);
    this.#good ??= size;
    try {
      if (this.#good < size) await file.truncate(this.#good);
      await this.#disk.syncFolder(this.#folder);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    this.#file = file;
    return file;
  }
}
