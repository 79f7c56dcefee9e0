import type { Notice } from './notice.ts';

export interface Sending {
  /** The same for all tries, so that a receiver can tell a repeat. */
  readonly id: string;
  /** What the other side called the last message of this thread that it got. */
  readonly receipt: string | undefined;
  readonly signal: AbortSignal;
}

/** One way to tell people. */
export interface Channel {
  /** Names it in the queue, over restarts; never a secret. */
  readonly id: string;
  /** Characters of a command that fit. */
  readonly limit: number;
  /** `people`: a request that was answered meanwhile is nothing to tell them any more. `programs` get everything. */
  readonly readers: 'people' | 'programs';
  /** Where those are told whom these words name (`group:x`, `person:x`), each once; none where nobody of this channel has to know. */
  addresses(who: readonly string[]): readonly string[];
  /** For the operator's log: `slack C0123`, never a secret. */
  name(address: string): string;
  /** Throws where it was not taken; gives what the other side calls it, where it has a name. */
  send(notice: Notice, address: string, sending: Sending): Promise<string | undefined>;
}
