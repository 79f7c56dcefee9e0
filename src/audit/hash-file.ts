import { createReadStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { SallyportError } from '../core/error.ts';
import type { IndexRange } from './deletions.ts';
import type { Disk } from './disk.ts';
import { encodeHeader, hashesPath, HASHES_MAGIC, listSegments, type Segment, type SegmentHeader } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';
import { leafHash } from './tree.ts';
import { unlessMissing } from './unless-missing.ts';

const HASH_BYTES = 32;

/** Writes the leaf hashes of a closed segment beside it, whole or not at all. Records behind `end` do not count and leave no hash. */
export async function writeHashes(segment: Segment & { readonly header: SegmentHeader }, end: number, disk: Disk): Promise<void> {
  const path = hashesPath(segment.path);
  const aside = `${path}.new`;
  await disk.remove(aside).catch(unlessMissing);
  const file = await disk.create(aside);
  try {
    await file.append(encodeHeader(segment.header, HASHES_MAGIC));
    let count = 0;
    for await (const hashes of hashesOf(segment, end)) {
      await file.append(Buffer.concat(hashes));
      count += hashes.length;
    }
    if (segment.header.tree.size + count !== end) throw new SallyportError('verify_failed', `${segment.path} does not hold all its records`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
}

async function* hashesOf(segment: Segment, end: number): AsyncIterable<readonly Buffer[]> {
  const reader = await SegmentReader.open(segment.path, segment.body);
  try {
    for (let frames = await reader.read(); frames.length > 0; frames = await reader.read())
      yield frames.filter(({ index }) => index < end).map(({ prefixedLeaf }) => leafHash(prefixedLeaf));
  } finally {
    await reader.close();
  }
}

/** The leaf hashes that stay of a deleted segment, in order. */
export async function* readHashes(segment: Segment): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  // Without an encoding, a stream's chunks are buffers.
  for await (const chunk of createReadStream(segment.path, { start: segment.body }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) yield bytes.subarray(at, at + HASH_BYTES);
    rest = bytes.subarray(at);
  }
}

/** The hashes in this range of a writer's log whose records retention deleted. */
export async function* readHashesOf(folder: string, { first, end }: IndexRange): AsyncIterable<{ readonly index: number; readonly hash: Buffer }> {
  for (const segment of await listSegments(folder)) {
    if (segment.hashes === undefined || !segment.header) continue;
    let index = segment.header.tree.size;
    if (index >= end || index + segment.hashes <= first) continue;
    for await (const hash of readHashes(segment)) {
      if (index >= first && index < end) yield { index, hash };
      index += 1;
    }
  }
}
