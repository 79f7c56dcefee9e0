import { explainError, SallyportError } from '../../core/error.ts';

export interface SinkError {
  /** RFC 3339. */
  readonly at: string;
  /** Names what failed and never a secret. */
  readonly message: string;
  readonly hint?: string;
}

/** How one writer's log stands at one sink. */
export interface WriterStatus {
  readonly writer: string;
  /** Index of the next record to be shipped: so many are there. */
  readonly position: number;
  /** Index behind the last record of the log. */
  readonly end: number;
}

/** How one sink stands: plain values, for metrics, the API and the command line. */
export interface SinkStatus {
  readonly name: string;
  readonly kind: string;
  /** `failing`: the last try failed; it goes on by itself. */
  readonly state: 'up-to-date' | 'shipping' | 'failing';
  readonly writers: readonly WriterStatus[];
  /** Records that the journal has and this sink has not. */
  readonly lagEvents: number;
  /** Age of the oldest of them, in seconds; 0 where there is none. */
  readonly lagSeconds: number;
  /** Since this process started. */
  readonly shipped: number;
  readonly retries: number;
  /** Records that the other side refused for good. */
  readonly rejected: number;
  /** Records that were no longer in the journal when their turn came. */
  readonly missed: number;
  /** Absent where nothing failed since the start. */
  readonly lastError?: SinkError;
  /** RFC 3339; absent where nothing was shipped since the start. */
  readonly lastShippedAt?: string;
}

/** `at`: epoch milliseconds. */
export function sinkError(error: unknown, at: number): SinkError {
  const hint = error instanceof SallyportError ? error.hint : undefined;
  return { at: new Date(at).toISOString(), message: explainError(error), ...(hint === undefined ? {} : { hint }) };
}
