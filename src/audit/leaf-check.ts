import type { CosignedCheck } from './cosigned.ts';
import { deletedBy, firstOutside, mergeDeletions, type Deletions, type IndexRange } from './deletions.ts';
import { newestSize, rootsBySize, type Checkpoint } from './checkpoint.ts';
import { SEAL_OVERHEAD, sealedHash } from './data-keys.ts';
import { readLeaf, type Leaf } from './leaf.ts';
import type { Problem, ProblemKind } from './problem.ts';
import type { Segment, SegmentHeader } from './segment.ts';
import type { Frame } from './frame.ts';
import { leafHash, Tree } from './tree.ts';

interface Place {
  readonly path: string;
  readonly offset: number;
}

/** Rebuilds one log's tree record by record, compares it with each checkpoint on the way, and remembers the first thing that is wrong. */
export class LeafCheck {
  readonly #writer: string;
  readonly #checkpoints: ReadonlyMap<number, ReadonlySet<string>>;
  readonly #newest: number;
  readonly #tree = new Tree();
  #problem: Problem | undefined;
  #covered = 0;
  /** The first checkpoint that the records disagree with, and whether they agree with a later one. */
  #mismatch: { readonly size: number; readonly after: number; readonly place: Place; fork: boolean } | undefined;
  #abandoned = 0;
  #hashes = 0;
  /** Of which only the hashes are here, and of which an event says that they were deleted. */
  readonly #gone: (IndexRange & { readonly place: Place })[] = [];
  readonly #deleted: { readonly by: number; readonly deletions: Deletions }[] = [];
  /** The end of a segment that does not count: right only if the next record says that recording had failed. */
  #leftover: Place | undefined;
  #place: Place = { path: '', offset: 0 };

  readonly #cosigned: CosignedCheck | undefined;

  constructor(writer: string, checkpoints: readonly Checkpoint[], cosigned?: CosignedCheck) {
    this.#writer = writer;
    this.#cosigned = cosigned;
    this.#checkpoints = rootsBySize(checkpoints);
    this.#newest = newestSize(checkpoints);
  }

  get problem(): Problem | undefined {
    return this.#problem;
  }

  get events(): number {
    return this.#tree.size;
  }

  get covered(): number {
    return this.#covered;
  }

  get abandoned(): number {
    return this.#abandoned;
  }

  /** Events of which only the hash is here. */
  get hashes(): number {
    return this.#hashes;
  }

  begin(segment: Segment, header: SegmentHeader): void {
    this.#place = { path: segment.path, offset: 0 };
    const { size, peaks } = this.#tree.state();
    const first = header.tree.size;
    if (header.writer !== this.#writer) this.#report('edited', `the segment says that it is of writer ${header.writer}`);
    else if (first > size) this.#report('segment-missing', `the segment begins with event ${first}, but the one before ends with ${size - 1}`, this.#covered);
    else if (first < size) this.#report('inserted', `the segment begins with event ${first}, but there are ${size} before it`, this.#covered);
    else if (!peaks.every((peak, i) => header.tree.peaks[i]?.equals(peak))) this.#otherTree(size);
  }

  /** An object of a bucket that says that it begins with event `first`. */
  beginObject(path: string, { first }: { readonly first: number }): void {
    this.#place = { path, offset: 0 };
    const { size } = this.#tree;
    if (first > size) this.#report('segment-missing', `the object begins with event ${first}, but the one before ends with ${size - 1}`, this.#covered);
    if (first < size) this.#report('inserted', `the object begins with event ${first}, but there are ${size} before it`, this.#covered);
  }

  /** The segment was deleted, and this hash of a leaf of it stays. */
  addHash(hash: Buffer): void {
    this.#hashes += 1;
    this.#tree.add(hash);
    this.#compare();
  }

  /** The segment was deleted: what `addHash` adds until the next `begin` is all that stays of it. */
  onlyHashes(segment: Segment & { readonly hashes: number }): void {
    const first = this.#tree.size;
    this.#gone.push({ first, end: first + segment.hashes, place: { path: segment.path, offset: 0 } });
  }

  /** `end`: index with which the next segment begins; what stands behind it in this one does not count. */
  add(segment: Pick<Segment, 'path'>, frames: readonly Frame[], end: number): void {
    for (const frame of frames) {
      if (this.#problem) return;
      this.#place = { path: segment.path, offset: frame.offset };
      if (this.#tree.size >= end) this.#skip();
      else this.#addOne(frame, frames);
    }
  }

  /** What stands at `offset` is no record, and another segment follows. */
  broken(segment: Segment, offset: number, end: number): void {
    this.#place = { path: segment.path, offset };
    if (this.#tree.size >= end) this.#leftover ??= this.#place;
    else this.#report('edited', 'the record is not whole');
  }

  /** What stands at `offset` is no record, though complete commits follow. */
  damaged(segment: Pick<Segment, 'path'>, offset: number): void {
    this.#place = { path: segment.path, offset };
    this.#report('edited', 'the record is not whole');
  }

  /** `lastFirst`: index with which the last segment begins; all before it was signed before it was made. */
  end(lastFirst: number): void {
    const { size } = this.#tree;
    if (this.#mismatch) this.#reportMismatch(this.#mismatch);
    else if (size < this.#newest) this.#report('truncated', `the log ends here, but ${this.#newest} events were signed`);
    else if (this.#newest < lastFirst)
      this.#report(
        'truncated',
        `checkpoints are missing: the newest covers ${this.#newest} events, but the log's last segment begins with ${lastFirst}`,
        this.#newest,
      );
    for (const [at, roots] of this.#checkpoints) {
      if (roots.size > 1) this.#report('fork', `two different logs of ${at} events were signed`, at);
    }
  }

  /** What its events say was deleted, also of other logs. One that no checkpoint covers anybody may have written. */
  get deletions(): Deletions {
    return mergeDeletions(this.#deleted.filter(({ by }) => by < this.#covered).map(({ deletions }) => deletions));
  }

  /** Whoever puts hashes in the place of records would pass, if a log had not to say so: this one, or that of whoever deleted them. */
  explain(deletions: Deletions): void {
    for (const gone of this.#gone) {
      const index = firstOutside(deletions.get(this.#writer) ?? [], gone);
      if (index === undefined) continue;
      this.#place = gone.place;
      this.#report('deleted', 'only its hash is here, and no signed segment.deleted says that retention deleted the record', index);
    }
  }

  /** The head of a segment holds another tree than that of the events before it: either of them was changed. */
  #otherTree(size: number): void {
    if (this.#mismatch) this.#reportMismatch(this.#mismatch);
    else if (this.#covered === size) this.#report('edited', 'the tree in the head of the segment is not that of the events before it');
    else
      this.#report('edited', `among events ${this.#covered} to ${size - 1} is one that the tree in the head of the next segment does not hold`, this.#covered);
  }

  #skip(): void {
    this.#leftover ??= this.#place;
    this.#abandoned += 1;
  }

  #addOne(frame: Frame, frames: readonly Frame[]): void {
    const leaf = readLeaf(frame.leaf);
    if (!leaf || leaf.writer !== this.#writer || leaf.index !== frame.index) return this.#report('edited', 'the record is not one of this log');
    if (leaf.index !== this.#tree.size) return this.#misplaced(leaf.index, frames);
    if (this.#leftover && leaf.kind !== 'recorder.gap') {
      this.#place = this.#leftover;
      return this.#report('inserted', 'records stand here that do not count, and no recorder.gap follows them');
    }
    this.#leftover = undefined;
    const body = wrongBody(leaf, frame.bodies);
    if (body) this.#report('bad-ciphertext', `the ${body} of the event is not the one that was recorded`);
    const deletions = deletedBy(leaf);
    if (deletions.size > 0) this.#deleted.push({ by: leaf.index, deletions });
    this.#cosigned?.see(leaf);
    this.#tree.add(leafHash(frame.prefixedLeaf));
    this.#compare();
  }

  #misplaced(index: number, frames: readonly Frame[]): void {
    const expected = this.#tree.size;
    if (index < expected) return this.#report('inserted', `it stands here again, where ${expected} belongs`, index);
    const later = frames.some((frame) => frame.index === expected);
    return this.#report(later ? 'reordered' : 'deleted', `event ${index} stands where ${expected} belongs`);
  }

  #compare(): void {
    const { size } = this.#tree;
    const roots = this.#checkpoints.get(size);
    if (!roots) return;
    const agrees = roots.has(this.#tree.root().toString('base64'));
    if (this.#mismatch) this.#mismatch.fork ||= agrees;
    else if (agrees) this.#covered = this.#problem ? this.#covered : size;
    else this.#mismatch = { size, after: this.#covered, place: this.#place, fork: false };
  }

  #reportMismatch({ size, after, place, fork }: { readonly size: number; readonly after: number; readonly place: Place; readonly fork: boolean }): void {
    this.#place = place;
    if (fork) this.#report('fork', `another log of ${size} events was signed, which differs from this one from event ${after} on`, after);
    else this.#report('edited', `among events ${after} to ${size - 1} is one that is not what was signed`, after);
  }

  #report(kind: ProblemKind, message: string, index = this.#tree.size): void {
    this.#problem ??= { writer: this.#writer, index, segment: this.#place.path, offset: this.#place.offset, kind, message: `event ${index}: ${message}` };
  }
}

/** Name of the first body whose ciphertext is not what the leaf says. */
function wrongBody(leaf: Leaf, stored: Buffer): string | undefined {
  let at = 0;
  for (const { name, bytes, sha256 } of leaf.bodies ?? []) {
    const sealed = stored.subarray(at, at + bytes + SEAL_OVERHEAD);
    if (sealedHash(sealed) !== sha256) return name;
    at += sealed.length;
  }
  return at === stored.length ? undefined : 'end';
}
