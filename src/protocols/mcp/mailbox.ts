import { SallyportError } from '../../core/error.ts';

/** Messages that wait for a reader that is slower than its server. */
const MAX_ITEMS = 1000;

/** A queue with one reader, which ends when it is closed, fails, or its signal aborts. One that is not read fails: the server's other callers go on. */
export class Mailbox<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #signal: AbortSignal;
  #wake: (() => void) | undefined;
  #closed = false;
  #error: Error | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    if (signal.aborted) this.#closed = true;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get open(): boolean {
    return !this.#closed;
  }

  put(item: T): void {
    if (this.#closed) return;
    if (this.#items.length >= MAX_ITEMS) return this.fail(new SallyportError('limit_exceeded', 'the caller reads more slowly than the target sends'));
    this.#items.push(item);
    this.#wake?.();
  }

  /** What was put before is still read. */
  close(): void {
    this.#closed = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#error = error;
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        yield item;
      } else if (this.#closed) {
        if (this.#error !== undefined) throw this.#error;
        return;
      } else {
        await new Promise<void>((done) => (this.#wake = done));
      }
    }
  }

  readonly #onAbort = (): void => this.close();
}
