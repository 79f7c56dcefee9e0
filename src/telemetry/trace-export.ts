import { SallyportError } from '../core/error.ts';
import { Pause } from '../core/pause.ts';
import { exportRequest, type TraceResource } from './otlp-spans.ts';
import type { TracedCommand } from './traced-command.ts';

/** One request to a configured address. */
export type PostTraces = (
  url: string,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
) => Promise<{ readonly status: number }>;

export interface TraceExportOptions {
  /** The whole address: `http://collector:4318/v1/traces`. */
  readonly url: string;
  /** Read for each request; may hold secrets. */
  headers(): Promise<Readonly<Record<string, string>>>;
  readonly post: PostTraces;
  readonly resource: TraceResource;
  /** How long to gather. Default 2000. */
  readonly gatherMs?: number;
  readonly backOffMs?: readonly number[];
  /** Hears of what was lost, and why; at most once a minute. */
  readonly report?: (error: unknown) => void;
  readonly onDropped?: (commands: number) => void;
}

const CAPACITY = 2_048;
const BATCH = 256;
const GATHER_MS = 2_000;
const BACK_OFF_MS = [500, 2_000, 8_000];
const REPORT_EVERY_MS = 60_000;
const CLOSE_MS = 3_000;
/** What a collector asks to be sent again: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const AGAIN = new Set([429, 502, 503, 504]);

/** Sends sampled commands in batches, behind all that matters: traces are no record, and what cannot be sent is dropped and counted. */
export class TraceExport {
  readonly #options: TraceExportOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #queue: TracedCommand[] = [];
  readonly #pause = new Pause();
  #closing = false;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(options: TraceExportOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  add(command: TracedCommand): void {
    if (this.#queue.length >= CAPACITY) return this.#options.onDropped?.(1);
    this.#queue.push(command);
    if (this.#queue.length === BATCH) this.#pause.end();
  }

  /** Sends what is there, once and for at most three seconds. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#pause.end();
    const late = setTimeout(() => this.#stop.abort(), CLOSE_MS);
    await this.#done;
    clearTimeout(late);
  }

  async #run(): Promise<void> {
    while (!this.#closing || this.#queue.length > 0) {
      if (this.#queue.length < BATCH) await this.#rest(this.#options.gatherMs ?? GATHER_MS);
      const batch = this.#queue.slice(0, BATCH);
      this.#queue = this.#queue.slice(BATCH);
      if (batch.length > 0) await this.#send(batch);
    }
  }

  async #send(batch: readonly TracedCommand[]): Promise<void> {
    const { url, post, resource, headers, backOffMs = BACK_OFF_MS, onDropped } = this.#options;
    const body = JSON.stringify(exportRequest(batch, resource));
    for (const wait of [...backOffMs, undefined]) {
      try {
        const sent = { 'content-type': 'application/json', 'user-agent': 'sallyport', ...(await headers()) };
        const { status } = await post(url, { headers: sent, body }, this.#stop.signal);
        if (status >= 200 && status < 300) return;
        throw new SallyportError(AGAIN.has(status) ? 'upstream_unreachable' : 'upstream_invalid', `the collector answered with HTTP ${status}`);
      } catch (error) {
        const isFinal = !(error instanceof SallyportError) || error.code !== 'upstream_unreachable';
        if (wait === undefined || this.#closing || isFinal) {
          onDropped?.(batch.length);
          return this.#tell(error);
        }
        await this.#rest(wait);
      }
    }
  }

  #tell(error: unknown): void {
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    this.#options.report?.(error);
  }

  async #rest(milliseconds: number): Promise<void> {
    if (!this.#closing) await this.#pause.last(milliseconds);
  }
}
