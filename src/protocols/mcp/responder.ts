import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../../core/json.ts';
import { writeJson } from '../../core/json.ts';
import { drained } from './drained.ts';
import { writeEvent } from './sse.ts';
import { DEFAULT_TIMES, type Times } from './times.ts';

export type Headers = Readonly<Record<string, string>>;

/** The caller's side of one HTTP exchange: one JSON answer, or a stream of events. */
export interface Responder {
  /** Aborted when the caller has gone. */
  readonly left: AbortSignal;
  readonly streaming: boolean;
  /** Sends the head of an event stream at once; a no-op where it was sent. */
  startStream(headers?: Headers): void;
  /** One event, under back-pressure. */
  event(text: string): Promise<void>;
  comment(text: string): void;
  /** A whole answer: as JSON, or as the last event where the stream has begun. */
  reply(status: number, message: JsonObject | Uint8Array, headers?: Headers): Promise<void>;
  /** A status without a body. */
  empty(status: number, headers?: Headers): void;
  end(): void;
}

export function createResponder(response: ServerResponse, times: Pick<Times, 'keepAliveMs' | 'stalledMs'> = DEFAULT_TIMES): Responder {
  return new HttpResponder(response, times);
}

/** A class, since a getter of its own for every object gives every object a shape of its own, and that keeps calls alive long after their end. */
class HttpResponder implements Responder {
  readonly #response: ServerResponse;
  readonly #times: Pick<Times, 'keepAliveMs' | 'stalledMs'>;
  readonly #left = new AbortController();
  #keepAlive: NodeJS.Timeout | undefined;
  #streaming = false;

  constructor(response: ServerResponse, times: Pick<Times, 'keepAliveMs' | 'stalledMs'>) {
    this.#response = response;
    this.#times = times;
    response.on('close', () => {
      clearInterval(this.#keepAlive);
      if (!response.writableFinished) this.#left.abort();
    });
    response.on('error', () => this.#left.abort());
  }

  get left(): AbortSignal {
    return this.#left.signal;
  }

  get streaming(): boolean {
    return this.#streaming;
  }

  startStream(headers: Headers = {}): void {
    if (this.#streaming || this.#response.headersSent) return;
    this.#streaming = true;
    this.#response.writeHead(200, { ...BASE, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', ...headers });
    this.#response.flushHeaders();
    // Words that keep the line count as life, so only who reads nothing at all is hung up on.
    this.#response.setTimeout(this.#times.stalledMs, () => this.#response.destroy());
    if (!this.left.aborted) this.#keepAlive = setInterval(() => void this.event(': keep-alive\n\n'), this.#times.keepAliveMs);
  }

  async event(text: string): Promise<void> {
    if (this.left.aborted || this.#response.writableEnded || this.#response.write(text)) return;
    await drained(this.#response);
  }

  comment(text: string): void {
    void this.event(`: ${text.replaceAll(/[\r\n]+/g, ' ')}\n\n`);
  }

  async reply(status: number, message: JsonObject | Uint8Array, headers: Headers = {}): Promise<void> {
    const bytes = message instanceof Uint8Array ? message : Buffer.from(writeJson(message));
    if (this.#streaming) {
      await this.event(writeEvent(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()));
      return this.end();
    }
    if (this.#response.headersSent) return this.end();
    this.#response.writeHead(status, { ...BASE, 'content-type': 'application/json', 'content-length': bytes.byteLength, ...headers });
    this.#response.end(bytes);
  }

  empty(status: number, headers: Headers = {}): void {
    if (!this.#response.headersSent) this.#response.writeHead(status, { ...BASE, 'content-length': 0, ...headers });
    this.end();
  }

  end(): void {
    clearInterval(this.#keepAlive);
    if (!this.#response.writableEnded) this.#response.end();
  }
}

/** One element of a batch: everything it says is an event of the batch's stream, which ends when all have ended. Without requests there is no stream. */
export function createBatchResponder(batch: Responder): Responder {
  const event = async (text: string): Promise<void> => (batch.streaming ? batch.event(text) : undefined);
  return {
    left: batch.left,
    streaming: true,
    startStream: () => {},
    event,
    comment: (text) => (batch.streaming ? batch.comment(text) : undefined),
    reply: (_status, message) => event(writeEvent(message instanceof Uint8Array ? Buffer.from(message).toString() : writeJson(message))),
    empty: () => {},
    end: () => {},
  };
}

const BASE: Headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
