import type { Dispatcher } from 'undici';

/** The head of a reply, and its body as it comes. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  /** Read once, under back-pressure. Throws what broke the reply, or the signal's reason. */
  body(): AsyncIterable<Uint8Array>;
  /** The whole body, instead of `body`. Throws as that does. */
  bytes(limit: number): Promise<Uint8Array | 'too-large'>;
  /** Nothing more is wanted of it: the connection is kept only where the reply was read to its end. */
  release(): void;
}

/** Bytes that may wait for their reader until the target is asked to pause. */
const AHEAD_BYTES = 64 << 10;

/**
 * One request, by undici's events. `request` would make a Node stream of each reply, which costs as much again as sending
 * and receiving it, and is kept alive into the garbage collector's old generation with all that belongs to the call.
 */
export function sendRequest(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, signal: AbortSignal): Promise<HttpReply> {
  const reply = new Receiving(signal);
  dispatcher.dispatch(options, reply);
  return reply.head;
}

class Receiving implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #head = Promise.withResolvers<HttpReply>();
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Uint8Array[] = [];
  #ahead = 0;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: unknown;
  #wake: () => void = () => {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    if (signal.aborted) this.#fail(signal.reason);
    else signal.addEventListener('abort', this.#onAbort);
  }

  get head(): Promise<HttpReply> {
    return this.#head.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === 'failed') controller.abort(asError(this.#error));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpReply['headers']): void {
    // 1xx: the reply itself is still to come.
    if (status < 200) return;
    this.#head.resolve({ status, headers, body: () => this.#body(), bytes: (limit) => this.#bytes(limit), release: () => this.#release() });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#ahead += chunk.byteLength;
    if (this.#ahead >= AHEAD_BYTES) controller.pause();
    this.#wake();
  }

  onResponseEnd(): void {
    this.#settle('ended');
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#fail(error);
  }

  async *#body(): AsyncIterable<Uint8Array> {
    for (;;) {
      if (this.#state === 'failed') throw this.#error;
      const chunks = this.#chunks;
      if (chunks.length > 0) {
        this.#chunks = [];
        this.#ahead = 0;
        yield* chunks;
        if (this.#controller?.paused === true) this.#controller.resume();
      } else if (this.#state === 'ended') {
        return;
      } else {
        await new Promise<void>((wake) => (this.#wake = wake));
      }
    }
  }

  async #bytes(limit: number): Promise<Uint8Array | 'too-large'> {
    const taken: Uint8Array[] = [];
    for (let size = 0; ;) {
      if (this.#state === 'failed') throw this.#error;
      for (const chunk of this.#chunks) taken.push(chunk);
      size += this.#ahead;
      if (size > limit) return 'too-large';
      const isWhole = this.#state === 'ended';
      this.#chunks = [];
      this.#ahead = 0;
      if (isWhole) return taken.length === 1 && taken[0] ? taken[0] : Buffer.concat(taken);
      if (this.#controller?.paused === true) this.#controller.resume();
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  #release(): void {
    if (this.#state === 'open') this.#abort(new Error('nothing more is wanted of this reply'));
  }

  readonly #onAbort = (): void => this.#abort(this.#signal.reason);

  #abort(reason: unknown): void {
    this.#fail(reason);
    this.#controller?.abort(asError(reason));
  }

  #fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#error = error;
    this.#settle('failed');
    this.#head.reject(error);
  }

  #settle(state: 'ended' | 'failed'): void {
    this.#state = state;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#wake();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
