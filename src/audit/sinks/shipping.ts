import type { SinkStatus } from './status.ts';

/** One sink that is being fed, whoever feeds it. */
export interface Shipping {
  readonly name: string;
  /** Index of the first record of this writer that is not durably known to be at the other side. A restart goes on from here. */
  durableUpTo(writer: string): number;
  status(): Promise<SinkStatus>;
  /** Resolves when everything that is final in the journal now is shipped, or when it is closed. */
  caughtUp(): Promise<void>;
  /** Ships what is still missing, or gives up at the first failure (the journal has it), and stops. */
  close(): Promise<void>;
}

/**
 * The index of the first record of `writer` that some sink may still need: a segment may be deleted when the next one begins at or below it.
 * 0 where there is no sink at all: nobody has a copy.
 */
export function shippedUpTo(sinks: readonly Pick<Shipping, 'durableUpTo'>[], writer: string): number {
  return sinks.length === 0 ? 0 : Math.min(...sinks.map((sink) => sink.durableUpTo(writer)));
}
