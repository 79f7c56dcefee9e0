import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { makeEvent } from '../core/event.ts';
import type { Storage } from '../storage/storage.ts';
import { deletedBy, deletionNote, firstOutside, mergeRanges, type IndexRange } from './deletions.ts';
import { localDisk, type Disk } from './disk.ts';
import { eraseRangeRows } from './erase-rows.ts';
import type { Erasures } from './erasures.ts';
import { writeHashes } from './hash-file.ts';
import { holdOn, type Hold, type Holds } from './holds.ts';
import type { Journal } from './journal.ts';
import type { Leaf } from './leaf.ts';
import { readEvents } from './replay.ts';
import { keysPath, listSegments, type Segment, type SegmentHeader } from './segment.ts';

export interface RetentionOptions {
  readonly journal: Journal;
  readonly storage: Storage;
  readonly holds: Pick<Holds, 'list'>;
  readonly erasures: Pick<Erasures, 'erase'>;
  /** How long what concerns a target is kept, in milliseconds; of no target: `undefined`. Undefined: for ever. */
  readonly keepMs: (target: string | undefined) => number | undefined;
  /** Targets that have sessions and may have a retention of their own. */
  readonly targets: () => readonly string[];
  /** Index up to which every sink has this writer's events. What it has not waits. */
  readonly shipped: () => number | Promise<number>;
  readonly now?: () => number;
  readonly disk?: Disk;
}

export interface RetentionReport {
  /** Sessions that were erased. */
  readonly sessions: number;
  /** Segments whose records were deleted. */
  readonly segments: number;
}

type Whole = Segment & { readonly header: SegmentHeader };

/**
 * One pass of retention: sessions older than their target's retention are erased, and segments in which everything is older than its own are
 * replaced by their leaf hashes. Nothing under a legal hold is touched. May be ended at any place, and run again.
 */
export async function applyRetention(options: RetentionOptions): Promise<RetentionReport> {
  const holds = await options.holds.list();
  // The index, too, is behind for a moment: a session is looked for where it then is.
  await options.shipped();
  const sessions = await eraseOldSessions(options, holds);
  const segments = await deleteOldSegments(options, holds);
  return { sessions, segments };
}

const SESSIONS_AT_ONCE = 500;

async function eraseOldSessions({ storage, erasures, keepMs, targets, now = Date.now }: RetentionOptions, holds: readonly Hold[]): Promise<number> {
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
    for (const { id } of old.filter((row) => !holdOn(holds, { session: row.id, target }))) {
      await erasures.erase({ session: id, target, reason: 'retention' });
      erased += 1;
    }
  }
  return erased;
}

async function deleteOldSegments(options: RetentionOptions, holds: readonly Hold[]): Promise<number> {
  const { journal } = options;
  const folder = join(journal.folder, journal.writer);
  const all = await listSegments(folder);
  const shipped = await options.shipped();
  let gone = await deletedBefore(options, all);
  let deleted = 0;
  for (const [at, segment] of all.entries()) {
    const end = all[at + 1]?.header?.tree.size;
    if (segment.hashes !== undefined || !segment.header || end === undefined || end > shipped || !isFollowed(all.slice(at + 1))) continue;
    const whole: Whole = { ...segment, header: segment.header };
    if (!(await isOver(options, whole, end, holds))) continue;
    gone = mergeRanges([...gone, { first: whole.header.tree.size, end }]);
    await deleteSegment(options, whole, end, gone);
    deleted += 1;
  }
  return deleted;
}

/** A restart reads the log's end: two segments that hold records stay behind whatever is deleted. */
function isFollowed(later: readonly Segment[]): boolean {
  const full = later.filter(({ header, hashes }, at) => {
    const next = later[at + 1]?.header?.tree.size;
    return header && hashes === undefined && (next === undefined || next > header.tree.size);
  });
  return full.length >= 2;
}

/** Whether all of it is older than it has to be kept, and nothing of it held. */
async function isOver({ journal, keepMs, now = Date.now }: RetentionOptions, { header }: Whole, end: number, holds: readonly Hold[]): Promise<boolean> {
  const time = now();
  for await (const { leaf } of readEvents({ folder: journal.folder, writer: journal.writer, from: header.tree.size, limit: end })) {
    const keep = keepMs(leaf.target);
    if (keep === undefined || Date.parse(leaf.time) + keep >= time || isHeld(leaf, holds)) return false;
  }
  return true;
}

const isHeld = ({ session = '', target = '' }: Leaf, holds: readonly Hold[]): boolean => holds.length > 0 && holdOn(holds, { session, target }) !== undefined;

/**
 * The event first, and signed: who finds the hashes finds who put them there. Then the hashes, then the rows, then the records go.
 */
async function deleteSegment(
  { journal, storage, now = Date.now, disk = localDisk }: RetentionOptions,
  segment: Whole,
  end: number,
  gone: readonly IndexRange[],
): Promise<void> {
  const range: IndexRange = { first: segment.header.tree.size, end };
  const note = deletionNote(gone);
  await journal.append(makeEvent('segment.deleted', { note }, new Date(now())));
  await journal.checkpoint();
  await writeHashes(segment, end, disk);
  const folder = join(journal.folder, journal.writer);
  await disk.syncFolder(folder);
  await storage.db.transaction().execute((db) => eraseRangeRows(db, journal.writer, range));
  await disk.remove(keysPath(segment.path)).catch(unlessMissing);
  await disk.remove(segment.path);
  await disk.syncFolder(folder);
}

/**
 * What was deleted already, as the log itself says: the newest event of the kind names all of it. Hashes that no event speaks of are not made right by
 * a new one. Throws `verify_failed` for them.
 */
async function deletedBefore({ journal, storage }: RetentionOptions, segments: readonly Segment[]): Promise<readonly IndexRange[]> {
  const { folder, writer } = journal;
  const row = await storage.db
    .selectFrom('events')
    .select('leaf_index')
    .where('writer', '=', writer)
    .where('kind', '=', 'segment.deleted')
    .orderBy('leaf_index', 'desc')
    .limit(1)
    .executeTakeFirst();
  const ranges: IndexRange[] = [];
  if (row) for await (const { leaf } of readEvents({ folder, writer, from: row.leaf_index, limit: row.leaf_index + 1 })) ranges.push(...deletedBy(leaf));
  for (const { header, hashes = 0, path } of segments) {
    if (!header || hashes === 0 || firstOutside(ranges, { first: header.tree.size, end: header.tree.size + hashes }) === undefined) continue;
    throw new SallyportError('verify_failed', `${path} is there, but no event says that its records were deleted`, { hint: 'run `sallyport audit verify`' });
  }
  return ranges;
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
