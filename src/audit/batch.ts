import type { Event } from '../core/event.ts';
import { SallyportError } from '../core/error.ts';
import type { Body } from '../core/recorder.ts';
import { sealedHash, SEAL_OVERHEAD, type DataKeys, type WrappedKey } from './data-keys.ts';
import { FRAME_HEADER, frameSize, MAX_BODIES, MAX_LEAF, sealFrame } from './frame.ts';
import { leafTextOf, type SealedBody } from './leaf.ts';
import { leafHash } from './tree.ts';

interface Waiter {
  /** Id of the event. */
  readonly event: string;
  resolve(): void;
  reject(error: Error): void;
}

const FIRST_BYTES = 1 << 16;
/** A longer buffer is not kept for another batch. */
const KEPT_BYTES = 1 << 20;

/** The records of one commit, encoded while the commit before it is on its way to the disk. */
export class Batch {
  /** Whether this commit begins a segment: decided before the first record, since data keys go with the segment. */
  readonly beginsSegment: boolean;
  readonly hashes: Buffer[] = [];
  readonly newKeys: WrappedKey[] = [];
  readonly #first: number;
  readonly #writer: string;
  readonly #keys: DataKeys;
  readonly #waiters: Waiter[] = [];
  #buffer: Buffer;
  #length = 0;

  /** `buffer`: that of a batch which is on the disk; a new one for each commit would be the most of what calls leave to the collector. */
  constructor(options: {
    readonly first: number;
    readonly beginsSegment: boolean;
    readonly writer: string;
    readonly keys: DataKeys;
    readonly buffer?: Buffer | undefined;
  }) {
    this.#buffer = options.buffer ?? Buffer.allocUnsafe(FIRST_BYTES);
    this.#first = options.first;
    this.beginsSegment = options.beginsSegment;
    this.#writer = options.writer;
    this.#keys = options.keys;
  }

  get count(): number {
    return this.hashes.length;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Its memory, when nobody reads the batch any more. */
  takeBuffer(): Buffer | undefined {
    const buffer = this.#buffer;
    this.#buffer = NOTHING;
    this.#length = 0;
    return buffer.length <= KEPT_BYTES ? buffer : undefined;
  }

  /** Encodes the event as the batch's next record. Throws `record_failed` where it is too large to be one; the batch is then as before. */
  add(event: Event, bodies: readonly Body[]): void {
    const index = this.#first + this.count;
    if (sealedBytes(bodies) > MAX_BODIES) throw tooLarge(event);
    const parts = bodies.map((body, ordinal) => this.#seal(event.session ?? '', index, ordinal, body));
    const listed = parts.length > 0 ? { bodies: parts.map((part) => part.listed) } : {};
    const text = leafTextOf(event, { writer: this.#writer, index, ...listed });
    const leafBytes = Buffer.byteLength(text);
    if (leafBytes > MAX_LEAF) throw tooLarge(event);
    const frame = this.#reserve(frameSize(leafBytes, sealedBytes(bodies)));
    let at = FRAME_HEADER + frame.write(text, FRAME_HEADER);
    for (const { sealed } of parts) at += sealed.copy(frame, at);
    sealFrame(frame, leafBytes, index, this.count === 0 ? 'first-of-commit' : 'later');
    this.hashes.push(leafHash(frame.subarray(FRAME_HEADER - 1, FRAME_HEADER + leafBytes)));
  }

  /** Ids of the events that someone waits for. */
  get events(): readonly string[] {
    return this.#waiters.map(({ event }) => event);
  }

  /** Resolves or rejects with the whole batch. */
  settled(event: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ event, resolve, reject });
    });
  }

  resolve(): void {
    for (const waiter of this.#waiters) waiter.resolve();
  }

  reject(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }

  #seal(session: string, index: number, ordinal: number, body: Body): { readonly sealed: Buffer; readonly listed: SealedBody } {
    const { key, isNew } = this.#keys.use(session);
    if (isNew) this.newKeys.push(isNew);
    const sealed = this.#keys.seal(key, { session, index, name: body.name, ordinal }, body.bytes);
    const { name, contentType, bytes } = body;
    return { sealed, listed: { name, contentType, bytes: bytes.byteLength, key: key.id, sha256: sealedHash(sealed) } };
  }

  #reserve(size: number): Buffer {
    const end = this.#length + size;
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    const frame = this.#buffer.subarray(this.#length, end);
    this.#length = end;
    return frame;
  }
}

const NOTHING = Buffer.alloc(0);

function sealedBytes(bodies: readonly Body[]): number {
  let total = 0;
  for (const { bytes } of bodies) total += bytes.byteLength + SEAL_OVERHEAD;
  return total;
}

function tooLarge(event: Event): SallyportError {
  return new SallyportError('record_failed', `the event ${event.id} is too large to be recorded`, {
    hint: `a record holds ${MAX_LEAF} bytes of facts and ${MAX_BODIES} bytes of payload`,
  });
}
