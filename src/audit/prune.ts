import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { makeEvent } from '../core/event.ts';
import type { Storage } from '../storage/storage.ts';
import { deletedBy, deletionNote, firstOutside, mergeDeletions, type Deletions, type IndexRange } from './deletions.ts';
import { localDisk, type Disk } from './disk.ts';
import { eraseRangeRows } from './erase-rows.ts';
import { writeHashes } from './hash-file.ts';
import { holdOn, underHolds, type Hold } from './holds.ts';
import type { Journal } from './journal.ts';
import type { Leaf } from './leaf.ts';
import { writerOf } from './owner.ts';
import { readEvents } from './replay.ts';
import { keysPath, listSegments, type Segment, type SegmentHeader } from './segment.ts';
import type { Logs } from './sinks/logs.ts';
import { unlessMissing } from './unless-missing.ts';

export interface PruneOptions {
  readonly journal: Journal;
  /** Those in the journal's folder: its own, and what others left there. */
  readonly logs: Pick<Logs, 'writers' | 'end'>;
  readonly storage: Storage;
  /** How long what concerns a target is kept, in milliseconds; of no target: `undefined`. Undefined: for ever. */
  readonly keepMs: (target: string | undefined) => number | undefined;
  /** Index up to which every sink has this writer's events. What it has not waits. */
  readonly shipped: (writer: string) => number | Promise<number>;
  readonly now?: () => number;
  readonly disk?: Disk;
}

type Whole = Segment & { readonly header: SegmentHeader };

/** A segment that may go, as far as its age is concerned. */
interface Old {
  readonly writer: string;
  readonly segment: Whole;
  readonly range: IndexRange;
  readonly about: readonly Pick<Leaf, 'session' | 'target'>[];
}

/**
 * Deletes the records of all segments in the journal's folder in which everything is older than it has to be kept, which every sink has, and of which
 * nothing is held: in the journal's own log, and in those of writers that are no more. Returns how many.
 */
export async function pruneLogs(options: PruneOptions): Promise<number> {
  const { journal, logs } = options;
  const writers = await logs.writers();
  let deletions = await deletedBefore(options, writers);
  let deleted = 0;
  for (const writer of [journal.writer, ...writers.filter((one) => one !== journal.writer)]) {
    for await (const old of oldSegments(options, writer)) {
      const next = mergeDeletions([deletions, new Map([[writer, [old.range]]])]);
      if (!(await isAnnounced(options, old, next))) continue;
      deletions = next;
      await deleteRecords(options, old);
      deleted += 1;
    }
  }
  return deleted;
}

async function* oldSegments(options: PruneOptions, writer: string): AsyncIterable<Old> {
  const { journal } = options;
  const segments = await listSegments(join(journal.folder, writer));
  const shipped = await options.shipped(writer);
  const lastEnd = writer === journal.writer ? undefined : await endOfTheDead(options, writer, segments);
  for (const [at, segment] of segments.entries()) {
    const later = segments.slice(at + 1);
    const end = later.length === 0 ? lastEnd : later[0]?.header?.tree.size;
    if (segment.hashes !== undefined || !segment.header || end === undefined || end > shipped) continue;
    // A restart reads its log's end: two segments that hold records stay behind whatever is deleted.
    if (lastEnd === undefined && !isFollowed(later)) continue;
    const whole: Whole = { ...segment, header: segment.header };
    const range = { first: whole.header.tree.size, end };
    const about = await whatIsOver(options, writer, range);
    if (about) yield { writer, segment: whole, range, about };
  }
}

/** Where a log ends that nobody goes on with; undefined where somebody may. */
async function endOfTheDead({ journal, logs, storage }: PruneOptions, writer: string, segments: readonly Segment[]): Promise<number | undefined> {
  const owners = await storage.db.selectFrom('owners').select('owner').execute();
  const last = segments.at(-1);
  if (owners.some(({ owner }) => writerOf(owner) === writer) || !last?.header || last.hashes !== undefined) return undefined;
  const end = await logs.end(writer);
  // It rests, or there would be more than what counts.
  for await (const { leaf } of readEvents({ folder: journal.folder, writer, from: end })) if (leaf.index >= end) return undefined;
  return end;
}

function isFollowed(later: readonly Segment[]): boolean {
  const full = later.filter(({ header, hashes }, at) => {
    const next = later[at + 1]?.header?.tree.size;
    return header && hashes === undefined && (next === undefined || next > header.tree.size);
  });
  return full.length >= 2;
}

/** What all of it is about, each once; undefined where something in it has to be kept. */
async function whatIsOver({ journal, keepMs, now = Date.now }: PruneOptions, writer: string, { first, end }: IndexRange): Promise<Old['about'] | undefined> {
  const time = now();
  const about = new Map<string, Pick<Leaf, 'session' | 'target'>>();
  for await (const { leaf } of readEvents({ folder: journal.folder, writer, from: first, limit: end })) {
    const keep = keepMs(leaf.target);
    if (keep === undefined || Date.parse(leaf.time) + keep >= time) return undefined;
    const { session, target } = leaf;
    about.set(JSON.stringify([session, target]), { ...(session === undefined ? {} : { session }), ...(target === undefined ? {} : { target }) });
  }
  return [...about.values()];
}

/**
 * The event comes first, and is signed: who finds the hashes finds who put them there. A hold that is placed at the same moment comes before it, and
 * nothing is deleted, or behind it.
 */
async function isAnnounced({ journal, storage, now = Date.now }: PruneOptions, { about }: Old, deletions: Deletions): Promise<boolean> {
  const announced = await underHolds(storage, async (_db, holds) => {
    if (about.some((one) => isHeld(one, holds))) return false;
    await journal.append(makeEvent('segment.deleted', { note: deletionNote(journal.writer, deletions) }, new Date(now())));
    return true;
  });
  if (announced) await journal.checkpoint();
  return announced;
}

const isHeld = ({ session = '', target = '' }: Pick<Leaf, 'session' | 'target'>, holds: readonly Hold[]): boolean =>
  holdOn(holds, { session, target }) !== undefined;

/** The hashes, then the rows, then the records go. */
async function deleteRecords({ journal, storage, disk = localDisk }: PruneOptions, { writer, segment, range }: Old): Promise<void> {
  const folder = join(journal.folder, writer);
  await writeHashes(segment, range.end, disk);
  await disk.syncFolder(folder);
  await storage.db.transaction().execute((db) => eraseRangeRows(db, writer, range));
  await disk.remove(keysPath(segment.path)).catch(unlessMissing);
  await disk.remove(segment.path);
  await disk.syncFolder(folder);
}

/**
 * What was deleted already, as the logs themselves say: the newest event of the kind names all of it. Hashes that no event speaks of are not made right by
 * a new one. Throws `verify_failed` for them.
 */
async function deletedBefore({ journal: { folder }, storage }: PruneOptions, writers: readonly string[]): Promise<Deletions> {
  const found: Deletions[] = [];
  for (const writer of writers) {
    const row = await storage.db
      .selectFrom('events')
      .select('leaf_index')
      .where('writer', '=', writer)
      .where('kind', '=', 'segment.deleted')
      .orderBy('leaf_index', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row) for await (const { leaf } of readEvents({ folder, writer, from: row.leaf_index, limit: row.leaf_index + 1 })) found.push(deletedBy(leaf));
  }
  const deletions = mergeDeletions(found);
  for (const writer of writers) {
    for (const { header, hashes = 0, path } of await listSegments(join(folder, writer))) {
      if (!header || hashes === 0) continue;
      if (firstOutside(deletions.get(writer) ?? [], { first: header.tree.size, end: header.tree.size + hashes }) === undefined) continue;
      throw new SallyportError('verify_failed', `${path} is there, but no event says that its records were deleted`, { hint: 'run `sallyport audit verify`' });
    }
  }
  return deletions;
}
