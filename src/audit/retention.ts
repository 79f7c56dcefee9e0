import { isSallyportError } from '../core/error.ts';
import type { Erasures } from './erasures.ts';
import { holdOn, listHolds } from './holds.ts';
import { pruneLogs, type PruneOptions } from './prune.ts';

export interface RetentionOptions extends PruneOptions {
  readonly erasures: Pick<Erasures, 'erase'>;
  /** Targets that have sessions and may have a retention of their own. */
  readonly targets: () => readonly string[];
}

export interface RetentionReport {
  /** Sessions that were erased. */
  readonly sessions: number;
  /** Segments whose records were deleted. */
  readonly segments: number;
}

/**
 * One pass of retention: sessions older than their target's retention are erased, and segments in which everything is older than its own are
 * replaced by their leaf hashes. Nothing under a legal hold is touched. May be ended at any place, and run again.
 */
export async function applyRetention(options: RetentionOptions): Promise<RetentionReport> {
  // The index, too, is behind for a moment: a session is looked for where it then is.
  await options.shipped(options.journal.writer);
  const sessions = await eraseOldSessions(options);
  const segments = await pruneLogs(options);
  return { sessions, segments };
}

const SESSIONS_AT_ONCE = 500;

async function eraseOldSessions({ storage, erasures, keepMs, targets, now = Date.now }: RetentionOptions): Promise<number> {
  const holds = await listHolds(storage.db);
  let erased = 0;
  for (const target of targets()) {
    const keep = keepMs(target);
    if (keep === undefined) continue;
    const old = await storage.db
      .selectFrom('sessions')
      .select('id')
      .where('target', '=', target)
      .where('last_at', '<', new Date(now() - keep).toISOString())
      .where('closed_at', 'is not', null)
      .orderBy('last_at')
      .limit(SESSIONS_AT_ONCE)
      .execute();
    for (const { id } of old.filter((row) => !holdOn(holds, { session: row.id, target })))
      if (await wasErased(erasures, { session: id, target, reason: 'retention' })) erased += 1;
  }
  return erased;
}

/** False where a hold, or another gateway's retention, came first. */
async function wasErased(erasures: RetentionOptions['erasures'], erasure: Parameters<Erasures['erase']>[0]): Promise<boolean> {
  try {
    await erasures.erase(erasure);
    return true;
  } catch (error) {
    if (isSallyportError(error, 'conflict')) return false;
    throw error;
  }
}
