import type { Decision } from '../core/decision.ts';
import type { CommandStart, Step, Steps, TraceContext } from '../core/steps.ts';

/** One stretch of a command's way; milliseconds of `performance.now()`. */
export interface Stretch {
  readonly step: Step | 'authenticate';
  readonly from: number;
  readonly to: number;
}

/** What is kept of a sampled command until it is sent: nothing that its caller or its target said. */
export interface TracedCommand {
  readonly traceId: string;
  readonly spanId: string;
  /** Span under which the target's own spans hang. */
  readonly forwardId: string;
  readonly parentId: string | undefined;
  readonly tracestate: string | undefined;
  /** What `performance.now()` has to be added to for milliseconds since 1970. */
  readonly origin: number;
  readonly from: number;
  readonly to: number;
  readonly start: Pick<CommandStart, 'session' | 'command'>;
  readonly decision: Decision | undefined;
  readonly outcome: string;
  readonly stretches: readonly Stretch[];
  /** Stretches that were too many to be kept, as those of a long stream. */
  readonly dropped: number;
}

const MAX_STRETCHES = 64;

export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly forwardId: string;
  readonly parentId: string | undefined;
}

/** Keeps when each step of one command began and ended. Spans are made of it when it is sent. */
export class TracedSteps implements Steps {
  readonly trace: TraceContext;
  readonly #ids: TraceIds;
  readonly #start: CommandStart;
  readonly #done: (command: TracedCommand) => void;
  readonly #stretches: Stretch[];
  #step: Step = 'understand';
  #since: number;
  #decision: Decision | undefined;
  #dropped = 0;
  #ended = false;

  constructor(ids: TraceIds, trace: TraceContext, start: CommandStart, done: (command: TracedCommand) => void) {
    this.#ids = ids;
    this.trace = trace;
    this.#start = start;
    this.#done = done;
    this.#since = start.authenticated;
    this.#stretches = [{ step: 'authenticate', from: start.arrived, to: start.authenticated }];
  }

  enter(step: Step): void {
    const now = performance.now();
    if (this.#stretches.length < MAX_STRETCHES) this.#stretches.push({ step: this.#step, from: this.#since, to: now });
    else this.#dropped += 1;
    this.#step = step;
    this.#since = now;
  }

  decided(decision: Decision): void {
    this.#decision = decision;
  }

  end(outcome: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.enter(this.#step);
    const { session, command, arrived, trace } = this.#start;
    this.#done({
      ...this.#ids,
      tracestate: trace?.tracestate,
      origin: Date.now() - performance.now(),
      from: arrived,
      to: this.#since,
      start: { session, command },
      decision: this.#decision,
      outcome,
      stretches: this.#stretches,
      dropped: this.#dropped,
    });
  }
}
