import { crc32 } from 'node:zlib';

/**
 * One record in a segment:
 *
 *     0  magic FE 'S' 'P' 'R'    FE is in no UTF-8 text, so no caller can write a false frame into a leaf
 *     4  CRC-32 of all that follows
 *     8  length of the leaf      u32
 *     12 length of the bodies    u32
 *     16 index in the log        u64
 *     24 flags                   bit 0: first record of a commit
 *     25 zero                    RFC 6962's leaf prefix: 0x00 and the leaf lie side by side, hashed without a copy
 *     26 leaf, bodies
 *
 * Integers are big-endian. The CRC finds accidents; forgery is found by the tree.
 */
export const FRAME_HEADER = 26;
export const MAX_LEAF = 1 << 20;
export const MAX_BODIES = 256 << 20;
const MAGIC = 0xfe535052;
const COMMIT_START = 1;
const TWO_32 = 2 ** 32;

export interface Frame {
  readonly index: number;
  readonly startsCommit: boolean;
  /** The whole frame. */
  readonly bytes: Buffer;
  /** 0x00 and the leaf. */
  readonly prefixedLeaf: Buffer;
  readonly leaf: Buffer;
  readonly bodies: Buffer;
  /** Bytes of the whole frame. */
  readonly size: number;
  /** Where it begins in what it was read from. */
  readonly offset: number;
}

/** Its parts are views that are made when somebody asks: most readers want one of them, some none. */
class ReadFrame implements Frame {
  readonly index: number;
  readonly startsCommit: boolean;
  readonly bytes: Buffer;
  readonly size: number;
  readonly offset: number;
  readonly #leafEnd: number;

  constructor(frame: Buffer, offset: number) {
    this.index = frame.readUInt32BE(16) * TWO_32 + frame.readUInt32BE(20);
    this.startsCommit = frame[24] === COMMIT_START;
    this.bytes = frame;
    this.size = frame.length;
    this.offset = offset;
    this.#leafEnd = FRAME_HEADER + frame.readUInt32BE(8);
  }

  get prefixedLeaf(): Buffer {
    return this.bytes.subarray(FRAME_HEADER - 1, this.#leafEnd);
  }

  get leaf(): Buffer {
    return this.bytes.subarray(FRAME_HEADER, this.#leafEnd);
  }

  get bodies(): Buffer {
    return this.bytes.subarray(this.#leafEnd);
  }
}

export function frameSize(leafBytes: number, bodyBytes: number): number {
  return FRAME_HEADER + leafBytes + bodyBytes;
}

/** Fills in the header of a frame whose leaf and bodies already stand in `frame`. */
export function sealFrame(frame: Buffer, leafBytes: number, index: number, place: 'first-of-commit' | 'later'): void {
  frame.writeUInt32BE(MAGIC, 0);
  frame.writeUInt32BE(leafBytes, 8);
  frame.writeUInt32BE(frame.length - FRAME_HEADER - leafBytes, 12);
  frame.writeUInt32BE(Math.floor(index / TWO_32), 16);
  frame.writeUInt32BE(index % TWO_32, 20);
  frame[24] = place === 'first-of-commit' ? COMMIT_START : 0;
  frame[25] = 0;
  frame.writeUInt32BE(crc32(frame.subarray(8)), 4);
}

/** How many bytes the frame at `at` has, as its header says; `short` where the header is not all there. */
export function frameSizeAt(bytes: Buffer, at: number): number | 'short' | 'bad' {
  if (bytes.length - at < FRAME_HEADER) return bytes.subarray(at, at + 4).equals(MAGIC_BYTES.subarray(0, Math.min(4, bytes.length - at))) ? 'short' : 'bad';
  const leaf = bytes.readUInt32BE(at + 8);
  const bodies = bytes.readUInt32BE(at + 12);
  if (bytes.readUInt32BE(at) !== MAGIC || leaf === 0 || leaf > MAX_LEAF || bodies > MAX_BODIES) return 'bad';
  return frameSize(leaf, bodies);
}

/** The frame at `at`, whose bytes are all there; `from` is where they begin in their file. Undefined where its CRC or its header is wrong. */
export function readFrame(bytes: Buffer, at: number, size: number, from = 0): Frame | undefined {
  const frame = bytes.subarray(at, at + size);
  if (crc32(frame.subarray(8)) !== frame.readUInt32BE(4) || frame[25] !== 0 || (frame[24] ?? 0) > COMMIT_START) return undefined;
  return new ReadFrame(frame, from + at);
}

/** The same of bytes that never left this process. */
export function ownFrame(bytes: Buffer, at: number, size: number, from = 0): Frame {
  return new ReadFrame(bytes.subarray(at, at + size), from + at);
}

const MAGIC_BYTES = Buffer.from([0xfe, 0x53, 0x50, 0x52]);

/** Where the next complete frame begins that starts a commit, at or behind `from`; -1 where there is none. */
export function findCommit(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(MAGIC_BYTES, from); at >= 0; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    const size = frameSizeAt(bytes, at);
    if (typeof size === 'number' && at + size <= bytes.length && readFrame(bytes, at, size)?.startsCommit) return at;
  }
  return -1;
}
