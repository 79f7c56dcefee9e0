import { join } from 'node:path';
import { readHashes } from './hash-file.ts';
import { listSegments, type Segment } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';
import { leafHash } from './tree.ts';

/** The hashes of one writer's leaves in order, from an index on, also of those whose records retention deleted. */
export async function* leafHashes(folder: string, writer: string, from = 0): AsyncIterable<Buffer> {
  const segments = (await listSegments(join(folder, writer))).filter(({ header }) => header);
  for (const [at, segment] of segments.entries()) {
    const end = segments[at + 1]?.header?.tree.size ?? Number.POSITIVE_INFINITY;
    if (end <= from) continue;
    let index = segment.header?.tree.size ?? 0;
    for await (const hash of segment.hashes === undefined ? recordHashes(segment) : readHashes(segment)) {
      if (index >= from && index < end) yield hash;
      index += 1;
    }
  }
}

async function* recordHashes(segment: Segment): AsyncIterable<Buffer> {
  const reader = await SegmentReader.open(segment.path, segment.body);
  try {
    for (let frames = await reader.read(); frames.length > 0; frames = await reader.read()) {
      for (const { prefixedLeaf } of frames) yield leafHash(prefixedLeaf);
    }
  } finally {
    await reader.close();
  }
}
