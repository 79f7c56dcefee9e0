import type { LockWatch } from '../../core/lock.ts';
import { fatal } from './errors.ts';
import type { ServedSession } from './served-session.ts';

/** Sessions from the sign-in to the end of each: so many at once; one that is locked ends, and all do when the gateway stops. */
export class Sessions {
  readonly #most: number;
  readonly #locks: LockWatch | undefined;
  readonly #served = new Map<ServedSession, Promise<void>>();
  readonly #stopWatching: (() => void) | undefined;
  #closed = false;

  constructor(most: number, locks: LockWatch | undefined) {
    this.#most = most;
    this.#locks = locks;
    this.#stopWatching = locks?.onChange(() => this.#endLocked());
  }

  /** Resolves when it is over; one that may not begin is told why. */
  async serve(served: ServedSession): Promise<void> {
    const reason = this.#locks?.reason(served.session);
    if (this.#closed) return served.abandon(CLOSING);
    if (reason !== undefined) return served.abandon(fatal('57P01', reason));
    if (this.#served.size >= this.#most) return served.abandon(fatal('53300', 'too many sessions at once'));
    const over = served.run();
    this.#served.set(served, over);
    await over;
    this.#served.delete(served);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWatching?.();
    for (const served of this.#served.keys()) served.abandon(CLOSING);
    await Promise.all(this.#served.values());
  }

  #endLocked(): void {
    for (const served of this.#served.keys()) {
      const reason = this.#locks?.reason(served.session);
      if (reason !== undefined) served.abandon(fatal('57P01', reason));
    }
  }
}

const CLOSING = fatal('57P01', 'the gateway is shutting down');
