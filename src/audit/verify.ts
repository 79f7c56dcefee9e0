import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from './checkpoint.ts';
import { CosignedCheck, givenSources, readCosigned, type CosignedReport, type CosignedTask, type WitnessDemand } from './cosigned.ts';
import { mergeDeletions } from './deletions.ts';
import { readHashes } from './hash-file.ts';
import { LeafCheck } from './leaf-check.ts';
import type { Problem } from './problem.ts';
import { parseVerifiers, type NoteVerifier } from './note.ts';
import { checkpointsPath, listSegments, listWriters, type Segment } from './segment.ts';
import { isOf, signedOnly } from './signed-checkpoints.ts';
import type { Frame } from './frame.ts';
import { SegmentReader, type Rest } from './segment-reader.ts';
import { unlessMissing } from './unless-missing.ts';

export type { Problem } from './problem.ts';

export interface WriterReport {
  readonly writer: string;
  /** Records in the log. */
  readonly events: number;
  /** Of these, from the first on: proved to be what was signed. */
  readonly covered: number;
  /** Behind the newest checkpoint, or behind the first problem. */
  readonly notYetCovered: number;
  readonly checkpoints: number;
  readonly segments: number;
  /** Bytes at the end that are no complete record: a commit that is under way, or was cut by a crash. */
  readonly unfinishedBytes: number;
  /** Records of failed commits that were never acknowledged and do not count. */
  readonly abandoned: number;
  /** Records that retention deleted: only their hashes are left, and the tree holds them. */
  readonly deleted: number;
  /** Where witnesses were demanded. */
  readonly cosigned?: CosignedReport;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly writers: readonly WriterReport[];
  /** Each writer's first bad place, and every checkpoint that is not rightly signed. */
  readonly problems: readonly Problem[];
}

/** What one holds to verify a record with. */
export interface Evidence {
  /** Text of `checkpoint.pub`. */
  readonly publicKey: string;
  /** Checkpoints that were kept elsewhere, as text: they find a rollback to an older state that is complete in itself. */
  readonly checkpoints?: readonly string[];
  /** Absent: cosignatures are not looked at. */
  readonly witnesses?: WitnessDemand;
}

export interface VerifyOptions extends Evidence {
  /** The data folder's `journal/`, or a copy of it. */
  readonly folder: string;
}

/** Compares a log with what was signed about it. Reads only, needs no content key, and may run beside the gateway. */
export async function verifyLog({ folder, publicKey, checkpoints = [], witnesses: demand }: VerifyOptions): Promise<VerifyReport> {
  const verifiers = parseVerifiers(publicKey);
  const problems: Problem[] = [];
  const kept = checkpoints.flatMap((text) => signedOnly({ source: text, where: 'given checkpoint', writer: '', verifiers, problems }));
  const walked: Walked[] = [];
  const names = await listWriters(folder);
  for (const writer of names) {
    const task = { folder: join(folder, writer), writer, verifiers, kept: kept.filter(isOf(writer)), problems };
    const cosigned = demand && { demand, given: givenSources(checkpoints) };
    walked.push(await verifyWriter({ ...task, ...(cosigned ? { cosigned } : {}) }));
  }
  const deletions = mergeDeletions(walked.map(({ check }) => check.deletions));
  for (const { check } of walked) {
    check.explain(deletions);
    if (check.problem) problems.push(check.problem);
  }
  for (const lost of kept.filter((checkpoint) => !names.some((name) => isOf(name)(checkpoint)))) {
    problems.push({
      writer: lost.origin,
      index: 0,
      segment: '',
      offset: 0,
      kind: 'truncated',
      message: `the whole log ${lost.origin} is gone; ${lost.size} events were signed`,
    });
  }
  return { ok: problems.length === 0, writers: walked.map(({ report }) => report), problems };
}

interface WriterTask {
  readonly folder: string;
  readonly writer: string;
  readonly verifiers: readonly NoteVerifier[];
  readonly kept: readonly Checkpoint[];
  readonly problems: Problem[];
  readonly cosigned?: Pick<CosignedTask, 'demand'> & { readonly given: CosignedTask['sources'] };
}

interface Walked {
  readonly report: WriterReport;
  readonly check: LeafCheck;
}

async function verifyWriter(task: WriterTask): Promise<Walked> {
  const { folder, writer, verifiers, problems } = task;
  // The log may grow meanwhile: what lay before the last segment of this moment must be signed by what is read next, and records are read last.
  const signedBefore = lastFirst(await listSegments(folder));
  const source = (await readFile(checkpointsPath(folder), 'utf8').catch(unlessMissing)) ?? '';
  const own = signedOnly({ source, where: checkpointsPath(folder), writer, verifiers, problems });
  const cosigned = task.cosigned && new CosignedCheck({ ...task, ...task.cosigned, sources: [await readCosigned(folder), ...task.cosigned.given] });
  const segments = await listSegments(folder);
  const check = new LeafCheck(writer, [...own, ...task.kept, ...(cosigned?.checkpoints ?? [])], cosigned);
  const rest = await walk(segments, check);
  check.end(signedBefore);
  const { covered, events } = check;
  const counts = { checkpoints: own.length, segments: segments.length, ...rest };
  const report = { writer, events, covered, notYetCovered: Math.max(0, events - covered), ...counts, ...cosignedPart(cosigned, events) };
  return { report, check };
}

/** What witnesses say, once all events were seen. */
export function cosignedPart(check: CosignedCheck | undefined, events: number): Pick<WriterReport, 'cosigned'> {
  check?.end(events);
  return check ? { cosigned: check.report } : {};
}

/** Index with which the last segment begins. */
function lastFirst(segments: readonly Segment[]): number {
  return segments.findLast(({ header }) => header)?.header?.tree.size ?? 0;
}

/** Hands the segments' records to the check in order, until there is a problem. */
async function walk(segments: readonly Segment[], check: LeafCheck): Promise<Pick<WriterReport, 'unfinishedBytes' | 'abandoned' | 'deleted'>> {
  let unfinishedBytes = 0;
  for (const [at, segment] of segments.entries()) {
    const end = segments.slice(at + 1).find(({ header }) => header)?.header?.tree.size;
    if (segment.header) check.begin(segment, segment.header);
    if (check.problem) break;
    unfinishedBytes = segment.hashes === undefined ? await walkSegment(segment, check, end) : await walkHashes({ ...segment, hashes: segment.hashes }, check);
  }
  return { unfinishedBytes, abandoned: check.abandoned, deleted: check.hashes };
}

async function walkHashes(segment: Segment & { readonly hashes: number }, check: LeafCheck): Promise<number> {
  check.onlyHashes(segment);
  for await (const hash of readHashes(segment)) check.addHash(hash);
  return 0;
}

/** `end`: index with which the next segment begins; undefined for the last. Returns the bytes of an unfinished commit at the log's end. */
async function walkSegment(segment: Segment, check: LeafCheck, end: number | undefined): Promise<number> {
  const reader = await SegmentReader.open(segment.path, segment.body);
  try {
    const rest = segment.header ? await readAll(reader, segment, check, end) : await reader.rest();
    if (check.problem) return 0;
    if (segment.header && rest.kind === 'nothing') return 0;
    if (end !== undefined) check.broken(segment, reader.offset, end);
    else if (rest.kind === 'damaged') check.damaged(segment, reader.offset);
    else return rest.bytes;
    return 0;
  } finally {
    await reader.close();
  }
}

/** What stands behind the last complete record. The gateway may be writing meanwhile. */
async function readAll(reader: SegmentReader, segment: Segment, check: LeafCheck, end = Number.POSITIVE_INFINITY): Promise<Rest> {
  for (;;) {
    for (let frames: readonly Frame[] = await reader.read(); frames.length > 0 && !check.problem; frames = await reader.read()) {
      check.add(segment, frames, end);
    }
    const rest = check.problem ? NOTHING : await reader.rest();
    if (rest.kind !== 'more') return rest;
  }
}

const NOTHING: Rest = { kind: 'nothing', bytes: 0 };
