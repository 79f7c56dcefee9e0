import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCheckpoints } from '../checkpoint.ts';
import type { Journal } from '../journal.ts';
import { LogReader } from '../log-reader.ts';
import { checkpointsPath, listSegments, listWriters, type Segment } from '../segment.ts';

/** The logs that are shipped: all that lie in one journal folder, whoever wrote them. */
export interface Logs {
  readonly folder: string;
  writers(): Promise<readonly string[]>;
  /** Index below which this writer's records are final: nothing takes them back. */
  end(writer: string): Promise<number>;
  /** Reads this writer's records from an index on. */
  reader(writer: string, from: number): LogReader;
  /** Calls back when there may be more, until the returned function is called. */
  watch(listener: () => void): () => void;
}

export interface LogsOptions {
  readonly journal: Pick<Journal, 'folder' | 'writer' | 'position' | 'watch'> & Partial<Pick<Journal, 'recent'>>;
  readonly now?: () => number;
  /** How long another writer's last segment must have rested until nobody is writing it any more. Default 30,000. */
  readonly restedMs?: number;
}

/**
 * The journal's own log ends where it was acknowledged. Another one in the folder is a former run's, or another worker's: what was signed is
 * final, and, when nobody has written for a while, so is every whole record, since a restart would keep it (`../recover.ts`).
 */
export function journalLogs({ journal, now = Date.now, restedMs = 30_000 }: LogsOptions): Logs {
  const others = new OtherLogs(journal.folder, now, restedMs);
  return {
    folder: journal.folder,
    writers: () => listWriters(journal.folder),
    end: async (writer) => (writer === journal.writer ? journal.position : others.end(writer)),
    reader: (writer, from) => new LogReader(journal.folder, writer, from, writer === journal.writer ? journal.recent : undefined),
    watch: (listener) => journal.watch(listener),
  };
}

interface Measured {
  /** Of the files that it was measured from: the same stamp, the same end. */
  readonly stamp: string;
  readonly end: number;
}

class OtherLogs {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #restedMs: number;
  readonly #measured = new Map<string, Measured>();

  constructor(folder: string, now: () => number, restedMs: number) {
    this.#folder = folder;
    this.#now = now;
    this.#restedMs = restedMs;
  }

  async end(writer: string): Promise<number> {
    const last = await lastSegment(join(this.#folder, writer));
    if (!last?.header) return 0;
    const { mtimeMs, size } = await stat(last.path);
    const isRested = this.#now() - mtimeMs >= this.#restedMs;
    const signed = await stat(checkpointsPath(join(this.#folder, writer))).catch(() => undefined);
    const stamp = `${last.path} ${size} ${mtimeMs} ${signed?.size ?? 0} ${isRested}`;
    const known = this.#measured.get(writer);
    if (known?.stamp === stamp) return known.end;
    const end = isRested ? await this.#count(writer, last.header.tree.size) : await this.#signed(writer);
    this.#measured.set(writer, { stamp, end });
    return end;
  }

  async #count(writer: string, from: number): Promise<number> {
    const reader = new LogReader(this.#folder, writer, from);
    try {
      while ((await reader.read()).length > 0);
      return reader.next;
    } finally {
      await reader.close();
    }
  }

  async #signed(writer: string): Promise<number> {
    const source = await readFile(checkpointsPath(join(this.#folder, writer)), 'utf8').catch(() => '');
    return parseCheckpoints(source).notes.at(-1)?.checkpoint?.size ?? 0;
  }
}

/** The last one whose head is whole. Only the last file's head is read where it is, since there may be thousands. */
async function lastSegment(folder: string): Promise<Segment | undefined> {
  const sequences = (await readdir(folder)).filter((name) => /\.(?:segment|hashes)$/.test(name)).map((name) => Number.parseInt(name, 10) || 0);
  const isWhole = ({ header }: Segment): boolean => header !== undefined;
  return (
    (
      await listSegments(
        folder,
        sequences.reduce((a, b) => Math.max(a, b), 0),
      )
    ).findLast(isWhole) ?? (await listSegments(folder)).findLast(isWhole)
  );
}
