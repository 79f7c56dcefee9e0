import { open, rename, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { explainError, SallyportError } from '../../core/error.ts';
import { localDisk, type Disk, type DiskFile } from '../disk.ts';
import { SENT, type Sink, type SinkBatch } from './sink.ts';
import { unlessMissing } from '../unless-missing.ts';

export interface FileSettings {
  readonly path: string;
  /** A file that is larger is put aside before more is written. */
  readonly rotateBytes: number;
}

export interface FileDeps {
  readonly now: () => number;
  readonly disk?: Disk;
}

/** JSON lines: leaves as they were stored, and `{"checkpoint": "..."}` behind what each covers. */
export function createFileSink(settings: FileSettings, deps: FileDeps): Sink {
  const lines = new LinesFile(settings, deps);
  return {
    kind: 'file',
    limits: { events: 5000, bytes: 4 << 20 },
    gatherMs: 200,
    bounds: 'any',
    send: async (batch) => {
      await lines.append(textOf(batch));
      return SENT;
    },
    close: () => lines.close(),
  };
}

function textOf({ records, checkpoints }: SinkBatch): Buffer {
  const notes = checkpoints.map(({ note }) => Buffer.from(`${JSON.stringify({ checkpoint: note })}\n`));
  return Buffer.concat([...records.flatMap(({ leafBytes }) => [leafBytes, NEWLINE]), ...notes]);
}

const NEWLINE = Buffer.from('\n');

/** A file that grows by whole lines, durable when `append` resolves. */
class LinesFile {
  readonly #settings: FileSettings;
  readonly #now: () => number;
  readonly #disk: Disk;
  #file: DiskFile | undefined;
  #bytes = 0;

  constructor(settings: FileSettings, { now, disk = localDisk }: FileDeps) {
    this.#settings = settings;
    this.#now = now;
    this.#disk = disk;
  }

  async append(lines: Buffer): Promise<void> {
    try {
      const file = await this.#current();
      await file.append(lines);
      await file.sync();
      this.#bytes += lines.length;
    } catch (cause) {
      await this.close();
      const { path } = this.#settings;
      const hint = 'see that its disk has room and its folder can be written; nothing is lost: it is tried again';
      throw new SallyportError('record_failed', `${path} cannot be written`, { cause: new Error(explainError(cause)), hint });
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }

  /** The file to write to. */
  async #current(): Promise<DiskFile> {
    if (this.#file && !(await this.#isStillThere())) await this.close();
    this.#file ??= await this.#open();
    if (this.#bytes < this.#settings.rotateBytes) return this.#file;
    await this.#putAside();
    this.#file = await this.#open();
    return this.#file;
  }

  /** False where somebody else, such as logrotate, has moved it. */
  async #isStillThere(): Promise<boolean> {
    return stat(this.#settings.path).then(
      ({ size }) => size === this.#bytes,
      () => false,
    );
  }

  /** What a crash or a full disk left behind the last line break goes: its record comes again. */
  async #open(): Promise<DiskFile> {
    const { path } = this.#settings;
    const whole = await wholeLines(path);
    const file = await this.#disk.extend(path);
    try {
      if (whole !== undefined) await file.truncate(whole);
      else await this.#disk.syncFolder(dirname(path));
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#bytes = whole ?? 0;
    return file;
  }

  async #putAside(): Promise<void> {
    const { path } = this.#settings;
    await this.close();
    const extension = extname(path);
    const time = new Date(this.#now()).toISOString().replaceAll(/[-:]/g, '');
    await rename(path, await freeName(join(dirname(path), `${basename(path, extension)}-${time}`), extension));
    await this.#disk.syncFolder(dirname(path));
  }
}

async function freeName(stem: string, extension: string): Promise<string> {
  for (let count = 0; ; count += 1) {
    const name = `${stem}${count === 0 ? '' : `.${count}`}${extension}`;
    if (!(await stat(name).catch(() => undefined))) return name;
  }
}

const TAIL = 1 << 16;

/** Length of the file up to and with its last line break; undefined where there is no file. */
async function wholeLines(path: string): Promise<number | undefined> {
  const file = await open(path, 'r').catch(unlessMissing);
  if (!file) return undefined;
  try {
    for (let end = (await file.stat()).size; end > 0;) {
      const length = Math.min(TAIL, end);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, end - length);
      const at = buffer.lastIndexOf(NEWLINE);
      if (at >= 0) return end - length + at + 1;
      end -= length;
    }
    return 0;
  } finally {
    await file.close();
  }
}
