import { SallyportError } from '../core/error.ts';

export interface TurnLimits {
  /** Callers that may stand in line; the next one is refused. */
  readonly waiting: number;
  /** Milliseconds in line until a caller gives up. */
  readonly patienceMs: number;
}

const DEFAULT: TurnLimits = { waiting: 10_000, patienceMs: 30_000 };

interface Waiter {
  readonly enter: () => void;
  readonly leave: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * First come, first served: one holder at a time. Bounded in length and time, so that a transaction that waits for
 * itself (it used the storage instead of its own handle) becomes an error instead of a gateway that hangs.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #line = new Set<Waiter>();
  #held = false;
  #closed: SallyportError | undefined;

  constructor(limits: Partial<TurnLimits> = {}) {
    this.#limits = { ...DEFAULT, ...limits };
  }

  take(): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (!this.#held) {
      this.#held = true;
      return Promise.resolve();
    }
    if (this.#line.size >= this.#limits.waiting) return Promise.reject(new SallyportError('storage_failed', 'too many callers wait for the database'));
    return this.#wait();
  }

  give(): void {
    const next = this.#line.values().next().value;
    if (!next) {
      this.#held = false;
      return;
    }
    this.#line.delete(next);
    clearTimeout(next.timer);
    next.enter();
  }

  /** Whoever waits, and whoever comes later, is refused. */
  close(error: SallyportError): void {
    this.#closed = error;
    for (const waiter of this.#line) {
      clearTimeout(waiter.timer);
      waiter.leave(error);
    }
    this.#line.clear();
  }

  #wait(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#line.delete(waiter);
      reject(
        new SallyportError('storage_failed', `the database was not free for ${this.#limits.patienceMs} ms`, {
          hint: 'try again; if it stays so, look for a stuck transaction',
        }),
      );
    }, this.#limits.patienceMs);
    const waiter: Waiter = { enter: resolve, leave: reject, timer };
    this.#line.add(waiter);
    return promise;
  }
}
