import { startErasures, type Erasures } from '../audit/erasures.ts';
import { openHolds, type Holds } from '../audit/holds.ts';
import type { Index } from '../audit/index-sink.ts';
import type { Journal } from '../audit/journal.ts';
import { reapDead, reapOwn } from '../audit/reaper.ts';
import { applyRetention } from '../audit/retention.ts';
import type { SearchIndex } from '../audit/search/search-index.ts';
import type { Logs } from '../audit/sinks/logs.ts';
import type { Shipping } from '../audit/sinks/shipping.ts';
import type { Sinks } from '../audit/sinks/sinks.ts';
import type { Log } from '../core/log.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Snapshot } from '../policy/snapshot.ts';
import type { Storage } from '../storage/storage.ts';

export interface RecordLifeParts {
  readonly journal: Journal;
  readonly logs: Logs;
  readonly recorder: Recorder;
  readonly storage: Storage;
  readonly index: Index;
  /** Who has to have read what is deleted. */
  readonly sinks: Pick<Sinks, 'shippedUpTo'>;
  readonly alerts: Pick<Shipping, 'durableUpTo'>;
  readonly searchIndex: SearchIndex;
  /** For what has no target, and for targets that say nothing; absent: for ever. */
  readonly defaultRetentionMs: number | undefined;
  readonly snapshot: () => Snapshot;
  readonly log: Log;
  readonly everyMs?: number;
}

export interface RecordLife {
  readonly holds: Holds;
  readonly erasures: Erasures;
  close(): Promise<void>;
}

const EVERY_MS = 10 * 60_000;
/** What waits for the search index is background work: it is done later where this is not enough. */
const SEARCH_PATIENCE_MS = 10_000;

/** How long the record lives, beside everything else: sessions of the dead are closed, and what is older than it has to be kept is deleted. */
export function startRecordLife(parts: RecordLifeParts): RecordLife {
  const { journal, logs, recorder, storage, index, log } = parts;
  const position = journal.position;
  const report = (error: unknown): void => log.error('record', error);
  const indexed = (): Promise<void> => index.caughtUp();
  const erasures = startErasures({ storage, journal, indexed, report: (error) => log.error('erasures', error) });
  const reaper = { storage, journal, indexed };
  let running: Promise<unknown> | undefined = reapOwn(reaper, position).catch(report);
  const pass = async (): Promise<void> => {
    await reapDead(reaper);
    const snapshot = parts.snapshot();
    await applyRetention({
      journal,
      logs,
      storage,
      erasures,
      keepMs: (target) => (target === undefined ? undefined : snapshot.target(target)?.retentionMs) ?? parts.defaultRetentionMs,
      targets: () => snapshot.targets.map(({ name }) => name),
      shipped: (writer) => shippedUpTo(parts, writer),
    });
  };
  const timer = setInterval(() => {
    running = (running ?? Promise.resolve()).then(pass).catch(report);
  }, parts.everyMs ?? EVERY_MS);
  timer.unref();
  return {
    holds: openHolds({ storage, recorder }),
    erasures,
    async close() {
      clearInterval(timer);
      await running;
      await erasures.close();
    },
  };
}

/** A segment may go when everybody has read it. The search index reads this gateway's own log alone. */
async function shippedUpTo({ journal, index, searchIndex, sinks, alerts }: RecordLifeParts, writer: string): Promise<number> {
  const isOwn = writer === journal.writer;
  await Promise.all([index.caughtUp(), isOwn && searchIndex.caughtUp(SEARCH_PATIENCE_MS)]);
  return Math.min(sinks.shippedUpTo(writer), alerts.durableUpTo(writer), ...(isOwn ? [searchIndex.position] : []));
}
