import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { peakCount, type TreeState } from './tree.ts';

/** What stands at the head of a segment: enough to go on with the tree from here without reading what lies before. */
export interface SegmentHeader {
  readonly writer: string;
  readonly sequence: number;
  /** The tree before this segment's first leaf; `tree.size` is that leaf's index. */
  readonly tree: TreeState;
  readonly startedAt: string;
}

export interface Segment {
  readonly path: string;
  readonly sequence: number;
  /** Bytes of the file when it was listed. */
  readonly bytes: number;
  /** Absent where the header is not whole. */
  readonly header?: SegmentHeader;
  /** Where the first frame begins. */
  readonly body: number;
  /** Set where retention deleted the records: how many leaf hashes stay instead. */
  readonly hashes?: number;
}

export type SegmentPlace = Pick<Segment, 'path' | 'sequence'>;

const MAGIC = Buffer.from('SALLYPORT SEGMENT 1\n');
/** What begins a file of leaf hashes; as long as a segment's. */
export const HASHES_MAGIC: Buffer = Buffer.from('SALLYPORT HASHES  1\n');
const HASH_BYTES = 32;
const PREFIX = MAGIC.length + 8;
const MAX_HEADER = 1 << 16;
/** Enough for a tree of any size that is met; whoever follows a log reads heads again and again. */
const USUAL_HEAD = 8 << 10;

export function segmentPath(folder: string, sequence: number): string {
  return join(folder, `${String(sequence).padStart(8, '0')}.segment`);
}

/** The wrapped data keys of a segment's bodies lie beside it. */
export function keysPath(segment: string): string {
  return segment.replace(/\.segment$/, '.keys');
}

/** The leaf hashes that stay when a segment is deleted. */
export function hashesPath(segment: string): string {
  return segment.replace(/\.segment$/, '.hashes');
}

export function checkpointsPath(folder: string): string {
  return join(folder, 'checkpoints');
}

/** Magic, length, CRC-32, JSON. */
export function encodeHeader({ writer, sequence, tree, startedAt }: SegmentHeader, magic: Buffer = MAGIC): Buffer {
  const text = Buffer.from(JSON.stringify({ writer, sequence, first: tree.size, peaks: tree.peaks.map((peak) => peak.toString('hex')), startedAt }));
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32BE(text.length, 0);
  prefix.writeUInt32BE(crc32(text), 4);
  return Buffer.concat([magic, prefix, text]);
}

/** The writers whose logs lie in a journal folder. */
export async function listWriters(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/**
 * A writer's segments in order, from the one with this sequence number on. Those that retention deleted are there with their hashes; while both
 * files are there, the records are.
 */
export async function listSegments(folder: string, from = 0): Promise<readonly Segment[]> {
  const names = new Set((await readdir(folder)).filter((name) => /^\d{8,}\.(?:segment|hashes)$/.test(name) && Number.parseInt(name, 10) >= from));
  const counting = [...names].filter((name) => name.endsWith('.segment') || !names.has(name.replace(/\.hashes$/, '.segment')));
  const segments = await Promise.all(counting.map((name) => readSegmentHead(join(folder, name))));
  return segments.toSorted((a, b) => a.sequence - b.sequence);
}

async function readSegmentHead(path: string): Promise<Segment> {
  const { size } = await stat(path);
  const isDeleted = path.endsWith('.hashes');
  const magic = isDeleted ? HASHES_MAGIC : MAGIC;
  const found = parseHeader(await readHead(path, USUAL_HEAD), magic) ?? parseHeader(await readHead(path, MAX_HEADER + PREFIX), magic);
  const hashes = isDeleted && found ? { hashes: Math.floor((size - found.body) / HASH_BYTES) } : {};
  return { path, sequence: Number.parseInt(basename(path), 10), bytes: size, ...(found ?? { body: 0 }), ...hashes };
}

async function readHead(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function parseHeader(bytes: Buffer, magic: Buffer): { readonly header: SegmentHeader; readonly body: number } | undefined {
  if (bytes.length < PREFIX || !bytes.subarray(0, MAGIC.length).equals(magic)) return undefined;
  const body = PREFIX + bytes.readUInt32BE(MAGIC.length);
  const text = bytes.subarray(PREFIX, body);
  if (body > bytes.length || crc32(text) !== bytes.readUInt32BE(MAGIC.length + 4)) return undefined;
  const header = readHeader(text.toString());
  return header && { header, body };
}

function readHeader(text: string): SegmentHeader | undefined {
  try {
    // Our own format; a forger's is caught by the checks here and by the tree.
    const { writer, sequence, first, peaks, startedAt } = JSON.parse(text) as {
      writer: string;
      sequence: number;
      first: number;
      peaks: string[];
      startedAt: string;
    };
    const tree = { size: first, peaks: peaks.map((peak) => Buffer.from(peak, 'hex')) };
    const whole = Number.isSafeInteger(first) && first >= 0 && tree.peaks.length === peakCount(first) && tree.peaks.every((peak) => peak.length === 32);
    return whole && typeof writer === 'string' && typeof startedAt === 'string' ? { writer, sequence, tree, startedAt } : undefined;
  } catch {
    return undefined;
  }
}
