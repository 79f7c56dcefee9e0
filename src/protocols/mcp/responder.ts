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

export function createResponder(response: ServerResponse, { keepAliveMs, stalledMs }: Pick<Times, 'keepAliveMs' | 'stalledMs'> = DEFAULT_TIMES): Responder {
  const left = new AbortController();
  let keepAlive: NodeJS.Timeout | undefined;
  let streaming = false;
  response.on('close', () => {
    clearInterval(keepAlive);
    if (!response.writableFinished) left.abort();
  });
  response.on('error', () => left.abort());

  const end = (): void => {
    clearInterval(keepAlive);
    if (!response.writableEnded) response.end();
  };

  const event = async (text: string): Promise<void> => {
    if (left.signal.aborted || response.writableEnded || response.write(text)) return;
    await drained(response);
  };

  return {
    left: left.signal,
    get streaming() {
      return streaming;
    },
    startStream(headers = {}) {
      if (streaming || response.headersSent) return;
      streaming = true;
      response.writeHead(200, { ...BASE, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', ...headers });
      response.flushHeaders();
      // Words that keep the line count as life, so only who reads nothing at all is hung up on.
      response.setTimeout(stalledMs, () => response.destroy());
      if (!left.signal.aborted) keepAlive = setInterval(() => void event(': keep-alive\n\n'), keepAliveMs);
    },
    event,
    comment: (text) => void event(`: ${text.replaceAll(/[\r\n]+/g, ' ')}\n\n`),
    async reply(status, message, headers = {}) {
      const bytes = message instanceof Uint8Array ? message : Buffer.from(writeJson(message));
      if (streaming) {
        await event(writeEvent(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()));
        return end();
      }
      if (response.headersSent) return end();
      response.writeHead(status, { ...BASE, 'content-type': 'application/json', 'content-length': bytes.byteLength, ...headers });
      response.end(bytes);
    },
    empty(status, headers = {}) {
      if (!response.headersSent) response.writeHead(status, { ...BASE, 'content-length': 0, ...headers });
      end();
    },
    end,
  };
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
