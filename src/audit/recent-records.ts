import { frameSizeAt, ownFrame, type Frame } from './frame.ts';
import type { SegmentPlace } from './segment.ts';
import { framesAt } from './segment-reader.ts';

/** Where a commit stands in its log. */
export interface CommitPlace {
  /** Index of its first record. */
  readonly first: number;
  readonly records: number;
  readonly segment: SegmentPlace;
  /** Where it begins in that file. */
  readonly offset: number;
}

export interface RecentFrames {
  readonly frames: readonly Frame[];
  readonly segment: SegmentPlace;
}

/** Commits that follow one another in one segment. */
interface Piece {
  readonly bytes: Buffer;
  readonly segment: SegmentPlace;
  /** Where they begin in that file. */
  readonly offset: number;
  /** Of each commit: its first record, and where it begins in `bytes`. */
  readonly commits: { readonly first: number; readonly at: number }[];
  length: number;
  /** Index behind the last record. */
  end: number;
}

/** Of two pieces; what came before the older one is in the files alone. */
const PIECE_BYTES = 4 << 20;
/** Copied at once, where a record is not longer. */
const READ_BYTES = 1 << 20;

/**
 * What was made durable last, as it stands in the files: whoever follows the log closely need not read it from there again. What is too
 * large to be kept, or was kept too long ago, is not here; a follower then reads the files.
 */
export class RecentRecords {
  readonly #pieceBytes: number;
  #older: Piece | undefined;
  #newer: Piece | undefined;

  constructor(pieceBytes = PIECE_BYTES) {
    this.#pieceBytes = pieceBytes;
  }

  /** `bytes` is copied: it may be used for something else. */
  add(place: CommitPlace, bytes: Buffer): void {
    if (bytes.length > this.#pieceBytes) return;
    const piece = this.#pieceFor(place, bytes.length);
    bytes.copy(piece.bytes, piece.length);
    piece.commits.push({ first: place.first, at: piece.length });
    piece.length += bytes.length;
    piece.end = place.first + place.records;
  }

  /** Records from `from` on, as many as one read gives; undefined where that one is not here. They are the reader's own. */
  read(from: number): RecentFrames | undefined {
    const piece = [this.#newer, this.#older].find((one) => one && from < one.end && from >= (one.commits[0]?.first ?? one.end));
    if (!piece) return undefined;
    const at = placeOf(piece, from);
    const end = Math.min(piece.length, at + Math.max(READ_BYTES, sizeAt(piece, at)));
    const { frames } = framesAt(Buffer.from(piece.bytes.subarray(at, end)), piece.offset + at, ownFrame);
    return frames[0]?.index === from ? { frames, segment: piece.segment } : undefined;
  }

  #pieceFor({ first, segment, offset }: CommitPlace, bytes: number): Piece {
    const piece = this.#newer;
    const goesOn = piece && piece.end === first && piece.segment.path === segment.path && piece.length + bytes <= this.#pieceBytes;
    if (goesOn) return piece;
    const memory = this.#older?.bytes ?? Buffer.allocUnsafeSlow(this.#pieceBytes);
    this.#older = piece;
    this.#newer = { bytes: memory, segment, offset, commits: [], length: 0, end: first };
    return this.#newer;
  }
}

/** Where the record with this index begins, which is one of the piece's: from the beginning of its commit, record by record. */
function placeOf(piece: Piece, index: number): number {
  const commit = piece.commits.findLast(({ first }) => first <= index) ?? { first: index, at: 0 };
  let { at } = commit;
  for (let { first } = commit; first < index; first += 1) at += sizeAt(piece, at);
  return at;
}

function sizeAt({ bytes, length }: Piece, at: number): number {
  const size = frameSizeAt(bytes.subarray(0, length), at);
  return typeof size === 'number' ? size : length;
}
