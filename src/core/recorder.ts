import type { Event } from './event.ts';

/** Bytes that belong to an event: a request or a reply, already masked. */
export interface Body {
  readonly name: 'request' | 'reply' | 'chunk';
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** The durable edge. */
export interface Recorder {
  /** Resolves when the event is on disk; rejects with `record_failed` when it is not, and then nothing may go on. */
  append(event: Event, bodies?: readonly Body[]): Promise<void>;
}
