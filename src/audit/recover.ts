import { readFile, truncate } from 'node:fs/promises';
import { SallyportError } from '../core/error.ts';
import type { NewestNote } from './checkpoint-file.ts';
import { parseCheckpoints, checkpointIsSigned, type Checkpoint, type CheckpointNote } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { findCommit } from './frame.ts';
import type { NoteVerifier } from './note.ts';
import { checkpointsPath, keysPath, listSegments, type Segment } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';
import { EMPTY_TREE, leafHash, Tree } from './tree.ts';
import { unlessMissing } from './unless-missing.ts';

export interface Recovered {
  readonly tree: Tree;
  /** Of the next segment. */
  readonly sequence: number;
  readonly newest: NewestNote | undefined;
  /** Bytes of an unfinished commit that were cut off. */
  readonly cutBytes: number;
}

/**
 * The state of a writer's log after whatever ended its last process. Only what lies behind the last complete record of the last commit
 * is cut; the rest must agree with the newest checkpoint, or the log is left as it is and nothing may be recorded into it.
 */
export async function recoverLog(folder: string, origin: string, verifiers: readonly NoteVerifier[], disk: Disk): Promise<Recovered> {
  const note = await recoverCheckpoints(folder, origin, verifiers);
  const newest = note?.checkpoint;
  const segments = [...(await listSegments(folder))];
  let cutBytes = 0;
  for (;;) {
    const last = segments.at(-1);
    if (!last) return afterNothing(folder, newest, cutBytes);
    if (last.hashes !== undefined) throw damaged(last.path, 'the records behind it are gone');
    const found = await readLast(last, newest);
    cutBytes += found.torn;
    if (found.tree && found.tree.size > (last.header?.tree.size ?? 0)) {
      await cut(folder, last, found.end, disk);
      return { tree: found.tree, sequence: last.sequence + 1, newest: note && newestNote(note), cutBytes };
    }
    // Nothing was recorded into it: it goes, so that its predecessor's end is the log's end.
    await removeSegment(folder, last, disk);
    segments.pop();
  }
}

interface LastSegment {
  /** Absent where not even the header is whole. */
  readonly tree?: Tree;
  readonly end: number;
  /** Bytes of an unfinished commit behind that. */
  readonly torn: number;
}

async function readLast(segment: Segment, newest: Checkpoint | undefined): Promise<LastSegment> {
  if (!segment.header) {
    if (findCommit(await readFile(segment.path), 0) >= 0) throw damaged(segment.path, 'its head is not whole');
    return { end: 0, torn: segment.bytes };
  }
  const tree = new Tree(segment.header.tree);
  if (newest && newest.size < tree.size) throw damaged(segment.path, 'no checkpoint covers the segments before it');
  if (!newest && tree.size > 0) throw damaged(segment.path, 'the checkpoints are gone');
  agree(segment, tree, newest);
  const reader = await SegmentReader.open(segment.path, segment.body);
  try {
    for (let frames = await reader.read(); frames.length > 0; frames = await reader.read()) {
      for (const frame of frames) {
        if (frame.index !== tree.size) throw damaged(segment.path, `record ${frame.index} stands at place ${tree.size}`);
        tree.add(leafHash(frame.prefixedLeaf));
        agree(segment, tree, newest);
      }
    }
    const rest = await reader.rest();
    if (rest.kind === 'damaged' || rest.kind === 'more') throw damaged(segment.path, `record ${tree.size} at byte ${reader.offset} is not whole`);
    if (newest && tree.size < newest.size) throw damaged(segment.path, `it ends at record ${tree.size}, but ${newest.size} were signed`);
    return { tree, end: reader.offset, torn: rest.bytes };
  } finally {
    await reader.close();
  }
}

function agree(segment: Segment, tree: Tree, newest: Checkpoint | undefined): void {
  if (newest?.size === tree.size && tree.root().toString('base64') !== newest.root)
    throw damaged(segment.path, `its records up to ${newest.size} are not those that were signed`);
}

function afterNothing(folder: string, newest: Checkpoint | undefined, cutBytes: number): Recovered {
  if (newest && newest.size > 0) throw damaged(folder, `${newest.size} records were signed, and none is here`);
  return { tree: new Tree(EMPTY_TREE), sequence: 1, newest: undefined, cutBytes };
}

/** The newest note that our own key signed for this log; an unfinished one at the end is cut off. */
async function recoverCheckpoints(folder: string, origin: string, verifiers: readonly NoteVerifier[]): Promise<CheckpointNote | undefined> {
  const path = checkpointsPath(folder);
  const source = await readFile(path, 'utf8').catch(unlessMissing);
  if (source === undefined) return undefined;
  const { notes, rest } = parseCheckpoints(source);
  const last = notes.at(-1);
  if (last && (!checkpointIsSigned(last, verifiers) || last.checkpoint?.origin !== origin))
    throw damaged(path, 'its last checkpoint was not signed by this gateway');
  if (rest < source.length) await truncate(path, Buffer.byteLength(source.slice(0, rest)));
  return last;
}

function newestNote({ checkpoint, text, signatures }: CheckpointNote): NewestNote {
  return { size: checkpoint?.size ?? 0, text: `${text}\n${signatures.join('\n')}\n` };
}

async function cut(folder: string, segment: Segment, end: number, disk: Disk): Promise<void> {
  if (end === segment.bytes) return;
  const file = await disk.extend(segment.path);
  try {
    await file.truncate(end);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.syncFolder(folder);
}

async function removeSegment(folder: string, segment: Segment, disk: Disk): Promise<void> {
  await disk.remove(segment.path);
  await disk.remove(keysPath(segment.path)).catch(unlessMissing);
  await disk.syncFolder(folder);
}

function damaged(path: string, what: string): SallyportError {
  return new SallyportError('record_failed', `the journal is damaged: ${path}: ${what}`, {
    hint: 'run `sallyport audit verify`; keep the folder as evidence, and restore it or move it away to begin a new log',
  });
}
