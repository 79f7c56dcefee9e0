import type { Erasures } from '../audit/erasures.ts';
import { openHolds, type Holds } from '../audit/holds.ts';
import type { Index } from '../audit/index-sink.ts';
import type { Journal } from '../audit/journal.ts';
import { reapDead, reapOwn } from '../audit/reaper.ts';
import { applyRetention } from '../audit/retention.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Snapshot } from '../policy/snapshot.ts';
import type { Storage } from '../storage/storage.ts';

export interface RecordLifeParts {
  readonly journal: Journal;
  readonly recorder: Recorder;
  readonly storage: Storage;
  readonly index: Index;
  readonly erasures: Erasures;
  /** For what has no target, and for targets that say nothing; absent: for ever. */
  readonly defaultRetentionMs: number | undefined;
  readonly snapshot: () => Snapshot;
  /** Index up to which every sink has this journal's events. */
  readonly shipped: () => Promise<number>;
  readonly report: (error: unknown) => void;
  readonly everyMs?: number;
}

export interface RecordLife {
  readonly holds: Holds;
  close(): Promise<void>;
}

const EVERY_MS = 10 * 60_000;

/** How long the record lives, beside everything else: sessions of the dead are closed, and what is older than it has to be kept is deleted. */
export function startRecordLife(parts: RecordLifeParts): RecordLife {
  const { journal, recorder, storage, index, report } = parts;
  const position = journal.position;
  const holds = openHolds({ storage, recorder });
  const reaper = { storage, journal, indexed: () => index.caughtUp() };
  let running: Promise<unknown> | undefined = reapOwn(reaper, position).catch(report);
  const pass = async (): Promise<void> => {
    await reapDead(reaper);
    const snapshot = parts.snapshot();
    await applyRetention({
      journal,
      storage,
      holds,
      erasures: parts.erasures,
      keepMs: (target) => (target === undefined ? undefined : snapshot.target(target)?.retentionMs) ?? parts.defaultRetentionMs,
      targets: () => snapshot.targets.map(({ name }) => name),
      shipped: parts.shipped,
    });
  };
  const timer = setInterval(() => {
    running = (running ?? Promise.resolve()).then(pass).catch(report);
  }, parts.everyMs ?? EVERY_MS);
  timer.unref();
  return {
    holds,
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
