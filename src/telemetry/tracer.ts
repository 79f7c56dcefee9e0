import { randomBytes } from 'node:crypto';
import type { CommandStart, Steps } from '../core/steps.ts';
import { TracedSteps, type TracedCommand, type TraceIds } from './traced-command.ts';

export interface TracerOptions {
  /** Share of the traces that begin here: 0 to 1. */
  readonly ratio: number;
  /** Whether a caller that is in a trace says itself if it is sampled. */
  readonly parent: 'follow' | 'ignore';
  readonly done: (command: TracedCommand) => void;
  readonly random?: (bytes: number) => Buffer;
}

/** Follows commands from their arrival to their end. What is not sampled costs the ids that its target is told. */
export class Tracer {
  readonly #options: TracerOptions;
  readonly #random: (bytes: number) => Buffer;

  constructor(options: TracerOptions) {
    this.#options = options;
    this.#random = options.random ?? pooled();
  }

  begin(start: CommandStart): Steps {
    const { traceparent, tracestate } = start.trace ?? {};
    // Version 00: `00-<32>-<16>-<2>`; it was checked when it was read.
    const traceId = traceparent?.slice(3, 35) ?? this.#id(16);
    const sampled = this.#isSampled(traceId, traceparent?.slice(53, 55));
    const ids: TraceIds = { traceId, spanId: this.#id(8), forwardId: this.#id(8), parentId: traceparent?.slice(36, 52) };
    const trace = {
      traceparent: `00-${traceId}-${ids.forwardId}-${sampled ? '01' : '00'}`,
      ...(tracestate === undefined ? {} : { tracestate }),
    };
    return sampled ? new TracedSteps(ids, trace, start, this.#options.done) : new UntracedSteps(trace);
  }

  #isSampled(traceId: string, flags: string | undefined): boolean {
    const { ratio, parent } = this.#options;
    if (flags !== undefined && parent === 'follow') return (Number.parseInt(flags, 16) & 1) === 1;
    // All processes that a trace passes through come to the same answer: its id is random. Six digits of it are enough.
    return Number.parseInt(traceId.slice(-6), 16) < ratio * 0x1000000;
  }

  /** Of zeros alone it would be none. */
  #id(bytes: number): string {
    const id = this.#random(bytes).toString('hex');
    return /[1-9a-f]/.test(id) ? id : this.#id(bytes);
  }
}

class UntracedSteps implements Steps {
  readonly trace: NonNullable<Steps['trace']>;

  constructor(trace: NonNullable<Steps['trace']>) {
    this.trace = trace;
  }

  enter(): void {}
  decided(): void {}
  end(): void {}
}

const POOL_BYTES = 4096;

/** Asking the system costs more than the rest: it is asked by the page, and each byte is given once. */
function pooled(): (bytes: number) => Buffer {
  let pool = Buffer.alloc(0);
  let used = 0;
  return (bytes) => {
    if (used + bytes > pool.length) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    used += bytes;
    return pool.subarray(used - bytes, used);
  };
}
