import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from './checkpoint.ts';
import { CosignedCheck, givenSources } from './cosigned.ts';
import { LeafCheck } from './leaf-check.ts';
import type { Problem } from './problem.ts';
import { parseVerifiers, type NoteVerifier } from './note.ts';
import { framesAt } from './segment-reader.ts';
import { isOf, signedOnly } from './signed-checkpoints.ts';
import { parseObjectKey, type BucketObject } from './sinks/bucket-layout.ts';
import { cosignedPart, type Evidence, type VerifyReport, type WriterReport } from './verify.ts';

/** Where objects are read: a bucket, or a folder into which one was copied. */
export interface ObjectStore {
  /** Below the prefix. */
  list(): AsyncIterable<string>;
  read(key: string): Promise<Buffer>;
}

export interface VerifyBucketOptions extends Evidence {
  readonly store: ObjectStore;
  /** Of the keys; empty, or ends in a slash. */
  readonly prefix: string;
}

interface Placed<K extends BucketObject['kind']> {
  readonly key: string;
  readonly object: Extract<BucketObject, { kind: K }>;
}

interface WriterObjects {
  readonly records: Placed<'records'>[];
  readonly checkpoints: Placed<'checkpoints'>[];
}

/** A copy of a folder's tree of objects, as `aws s3 sync` and its like make it. */
export function folderStore(folder: string): ObjectStore {
  return {
    async *list() {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) yield join(entry.parentPath, entry.name).slice(folder.length + 1);
      }
    },
    read: (key) => readFile(join(folder, key)),
  };
}

/** Compares the copy of the logs in a bucket with what was signed about them. */
export async function verifyBucket({ store, prefix, publicKey, checkpoints = [], witnesses: demand }: VerifyBucketOptions): Promise<VerifyReport> {
  const verifiers = parseVerifiers(publicKey);
  const problems: Problem[] = [];
  const kept = checkpoints.flatMap((source) => signedOnly({ source, where: 'given checkpoint', writer: '', verifiers, problems }));
  const found = await objectsOf(store, prefix, kept);
  const writers: WriterReport[] = [];
  for (const [writer, objects] of [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const cosigned = demand && new CosignedCheck({ writer, sources: givenSources(checkpoints), verifiers, demand, problems });
    writers.push(await verifyWriter({ store, writer, objects, verifiers, kept: kept.filter(isOf(writer)), problems, cosigned }));
  }
  return { ok: problems.length === 0, writers, problems };
}

async function objectsOf(store: ObjectStore, prefix: string, kept: readonly Checkpoint[]): Promise<ReadonlyMap<string, WriterObjects>> {
  const found = new Map<string, WriterObjects>();
  const of = (writer: string): WriterObjects => {
    const objects = found.get(writer) ?? { records: [], checkpoints: [] };
    found.set(writer, objects);
    return objects;
  };
  for (const { origin } of kept) of(origin.slice(origin.lastIndexOf('/') + 1));
  for await (const key of store.list()) {
    const object = parseObjectKey(prefix, key);
    if (object?.kind === 'records') of(object.writer).records.push({ key, object });
    if (object?.kind === 'checkpoints') of(object.writer).checkpoints.push({ key, object });
  }
  return found;
}

interface WriterTask {
  readonly store: ObjectStore;
  readonly writer: string;
  readonly objects: WriterObjects;
  readonly verifiers: readonly NoteVerifier[];
  readonly kept: readonly Checkpoint[];
  readonly problems: Problem[];
  readonly cosigned: CosignedCheck | undefined;
}

async function verifyWriter({ store, writer, objects, verifiers, kept, problems, cosigned }: WriterTask): Promise<WriterReport> {
  const own: Checkpoint[] = [];
  for (const { key } of objects.checkpoints.toSorted((a, b) => a.object.size - b.object.size))
    own.push(...signedOnly({ source: (await store.read(key)).toString(), where: key, writer, verifiers, problems }));
  const check = new LeafCheck(writer, [...own, ...kept, ...(cosigned?.checkpoints ?? [])], cosigned);
  const records = objects.records.toSorted((a, b) => a.object.first - b.object.first || a.object.next - b.object.next);
  for (const { key, object } of records) {
    check.beginObject(key, object);
    if (check.problem) break;
    readObject(check, key, await store.read(key), object.next);
    if (check.problem) break;
  }
  check.end(0);
  if (check.problem) problems.push(check.problem);
  const { covered, events } = check;
  const counts = { checkpoints: own.length, segments: records.length, unfinishedBytes: 0, abandoned: 0, deleted: 0 };
  return { writer, events, covered, notYetCovered: Math.max(0, events - covered), ...counts, ...cosignedPart(cosigned, events) };
}

/** An object is whole, or it is not what was sent: it has no torn end. */
function readObject(check: LeafCheck, key: string, bytes: Buffer, next: number): void {
  const { frames, length } = framesAt(bytes, 0);
  const place = { path: key };
  check.add(place, frames, Number.POSITIVE_INFINITY);
  if (length < bytes.length || check.events !== next) check.damaged(place, length);
}
