import type { Command } from './command.ts';
import type { Decision } from './decision.ts';
import type { Session } from './session.ts';

/** Where one command is on its way; it is at one step at a time. `release` is its caller's time, `approve` people's, `forward` the target's. */
export type Step = 'understand' | 'decide' | 'approve' | 'record' | 'forward' | 'mask' | 'outcome' | 'release';

/** W3C trace context, as it travels: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Hears how far one command is: for metrics and traces. Decides nothing, never throws, and costs next to nothing. */
export interface Steps {
  /** What the target is told of the trace that this command is part of. */
  readonly trace?: TraceContext | undefined;
  enter(step: Step): void;
  decided(decision: Decision): void;
  /** It is over, in one word: `ok`, `error` or `closed` as the target answered, else why not. Only the first one counts. */
  end(outcome: string): void;
}

export interface CommandStart {
  readonly session: Session;
  readonly command: Command;
  /** `performance.now()` when the request came, and when its caller was known. */
  readonly arrived: number;
  readonly authenticated: number;
  /** A stream that stays open: it has no latency. */
  readonly standing: boolean;
  /** What the caller says of the trace that it is in; unchecked. */
  readonly trace?: Partial<TraceContext>;
}

/** Whoever measures commands. */
export interface Observer {
  /** A command was understood. */
  begin(start: CommandStart): Steps;
  /** A call without a usable token. */
  unauthenticated(code: string): void;
}
