/**
 * The audit log's writing side. This folder owns the journal on disk (README.md is its format), its hash tree and checkpoints, reading it
 * back, verifying it, and the index in the database. The pipeline calls `append`; gateway, API and CLI open, verify and replay. It must not
 * know protocols or policy, and it never sees a payload that was not masked.
 */
import type { Recorder } from '../core/recorder.ts';
import type { NewestNote } from './checkpoint-file.ts';
import type { Disk } from './disk.ts';
import type { KeyWrapping } from './key-wrapping.ts';
import type { RecentRecords } from './recent-records.ts';
import type { RecordingKeys } from './recording-keys.ts';

export interface JournalOptions {
  /** The data folder's `journal/`; made where it is missing. */
  readonly folder: string;
  /** The data folder's `keys/`: `recording.key`, `checkpoint.key`, `checkpoint.pub`. */
  readonly keysFolder: string;
  /** What wraps `recording.key`. Absent: nothing does. */
  readonly wrapping?: KeyWrapping;
  /** Name of this writer's log, unique among all gateways that share an index. Default: made once, and kept in the folder. */
  readonly writer?: string;
  readonly now?: () => Date;
  /** How often a log that grew is signed. Default 2000. */
  readonly checkpointEveryMs?: number;
  /** A segment ends with the commit that takes it over this. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Records that wait for the disk; more are refused. Default 256 MiB. */
  readonly pendingBytes?: number;
  readonly disk?: Disk;
  /** Hears of every commit: what one costs, and how many share it. */
  readonly observer?: JournalObserver;
  /** Hears of each failed commit and checkpoint, with its cause; callers hear of theirs by themselves. */
  readonly report?: (error: unknown) => void;
}

/** For whoever measures; must be quick. */
export interface JournalObserver {
  /** On the disk: so many events, after so long on the way to it, the first of them waiting for so long in all. Milliseconds. */
  committed(commit: { readonly events: number; readonly bytes: number; readonly diskMs: number; readonly waitedMs: number }): void;
  /** These were refused. */
  failed(events: number): void;
}

export interface Journal extends Recorder {
  readonly folder: string;
  readonly writer: string;
  /** Name of the log in its checkpoints. */
  readonly origin: string;
  /** The line of `checkpoint.pub`. */
  readonly publicKey: string;
  /** What opens the payloads. */
  readonly recording: RecordingKeys;
  /** Events that are durable: the index of the next one. */
  readonly position: number;
  /** Bytes of an unfinished commit that were cut off when this journal was opened. */
  readonly cutBytes: number;
  /** What waits for the disk now. */
  readonly waiting: { readonly events: number; readonly bytes: number };
  /** The newest signed checkpoint. */
  readonly newest: NewestNote | undefined;
  /** For whoever follows the log closely. */
  readonly recent: RecentRecords;
  /** Calls back after each commit and each checkpoint, until the returned function is called. */
  watch(listener: () => void): () => void;
  /** Signs what is durable now. */
  checkpoint(): Promise<void>;
  /** Seals nothing more with these sessions' data keys: they are about to be erased. */
  forget(sessions: Iterable<string>): void;
  /** Waits for everything appended, signs, and lets go of the folder. */
  close(): Promise<void>;
}
