import type { Approval } from '../core/approval.ts';
import { Listeners } from '../core/listeners.ts';

type Listener = (approval: Approval) => void;

/** Remembered states, so that what was announced here is not announced again when it is read back from the database. */
const REMEMBERED = 5_000;

/** Who wants to hear of changes in this process: callers that wait for one record, and consoles that watch all. */
export class Changes {
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #listeners: Listeners<[Approval]>;
  readonly #ownListeners: Listeners<[Approval]>;
  readonly #announced = new Map<string, string>();
  #closed = false;

  /** `report` hears of a listener that throws; the others still hear of the change. */
  constructor(report: (error: unknown) => void) {
    this.#listeners = new Listeners(report);
    this.#ownListeners = new Listeners(report);
  }

  get waitedFor(): readonly string[] {
    return [...this.#waiters.keys()];
  }

  get watched(): boolean {
    return this.#listeners.areSome;
  }

  listen(listener: Listener): () => void {
    return this.#listeners.add(listener);
  }

  /** Only what this process changed: of several processes, one tells people. */
  listenOwn(listener: Listener): () => void {
    return this.#ownListeners.add(listener);
  }

  /** `ended` resolves when the record is no longer pending, when `signal` aborts, or at `close`; `stop` forgets the wait. */
  wait(id: string, signal: AbortSignal): { readonly ended: Promise<void>; stop(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onAbort = (): void => resolve();
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters.add(resolve));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted || this.#closed) resolve();
    const stop = (): void => {
      signal.removeEventListener('abort', onAbort);
      waiters.delete(resolve);
      if (waiters.size === 0 && this.#waiters.get(id) === waiters) this.#waiters.delete(id);
    };
    return { ended: promise, stop };
  }

  /** A change that this process made. */
  announceOwn(approval: Approval): void {
    this.#ownListeners.tell(approval);
    this.announce(approval);
  }

  announce(approval: Approval): void {
    if (approval.status !== 'pending') this.#waiters.get(approval.id)?.forEach((wake) => wake());
    if (!this.#isNews(approval)) return;
    this.#listeners.tell(approval);
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#ownListeners.clear();
    for (const waiters of this.#waiters.values()) waiters.forEach((wake) => wake());
  }

  #isNews({ id, status, answers }: Approval): boolean {
    const state = `${status} ${answers.map(({ at }) => at).join(' ')}`;
    if (this.#announced.get(id) === state) return false;
    this.#announced.delete(id);
    this.#announced.set(id, state);
    const oldest = this.#announced.keys().next().value;
    if (this.#announced.size > REMEMBERED && oldest !== undefined) this.#announced.delete(oldest);
    return true;
  }
}
