/**
 * Where the record goes beside the local disk. This folder owns the contract of a sink, the shipper that feeds each from the journal behind
 * the hot path, the positions, and the kinds. The gateway starts it; API and metrics read its status. It must not know protocols or policy,
 * opens no payload, and gets the network and the reading of secrets as parameters. README.md is what each kind writes.
 */
import type { Leaf } from '../leaf.ts';

/** A record as it lies in the journal. */
export interface SinkRecord {
  readonly index: number;
  /** The stored leaf, byte for byte: what was hashed into the tree. */
  readonly leafBytes: Buffer;
  /** The whole frame, byte for byte: header, leaf, ciphertexts of the bodies (`../frame.ts`). */
  readonly frame: Buffer;
  /** The leaf, parsed when it is asked for. Throws `verify_failed` where it is none. */
  readonly leaf: Leaf;
}

export interface SinkCheckpoint {
  /** Leaves that it covers. */
  readonly size: number;
  /** The signed note as the writer signed it. */
  readonly note: string;
}

/** What goes to the other side at once: the records `first` to `next - 1` of one writer, in order, and what was signed about them. */
export interface SinkBatch {
  readonly writer: string;
  readonly first: number;
  readonly next: number;
  readonly records: readonly SinkRecord[];
  /** All are of a size that is at most `next`: what they cover was sent before, or is in this batch. */
  readonly checkpoints: readonly SinkCheckpoint[];
}

export type SendResult =
  | { readonly outcome: 'sent' }
  /** Taken, but for some records that the other side will never take, whatever is done. They are counted and reported. */
  | { readonly outcome: 'rejected'; readonly records: number; readonly reason: string }
  /** Not taken; the other side says when to come again. */
  | { readonly outcome: 'later'; readonly afterMs: number; readonly reason: string };

/** One other side. A kind is a function that makes one; `conformance.ts` is what every kind must pass. */
export interface Sink {
  readonly kind: string;
  /** A batch ends with the record that takes it over one of these. */
  readonly limits: { readonly events: number; readonly bytes: number };
  /** How long to gather what is less than a full batch. */
  readonly gatherMs: number;
  /** `fixed`: where a batch ends is made durable before it is sent, so that it is tried again with the same bounds even after a restart. */
  readonly bounds: 'any' | 'fixed';
  /**
   * Resolves when the other side has taken the batch as durably as it can say. It may be called again with the same batch, and after a
   * restart with records that it was given before. Throws SallyportError without a secret in it.
   */
  send(batch: SinkBatch, signal: AbortSignal): Promise<SendResult>;
  close(): Promise<void>;
}

export const SENT: SendResult = { outcome: 'sent' };
