import { setTimeout as sleep } from 'node:timers/promises';

/** A pause that may be cut short; one at a time. It keeps no process alive. */
export class Pause {
  #stop: AbortController | undefined;

  /** Resolves after so many milliseconds, or when it is cut short. */
  async last(milliseconds: number): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    await sleep(milliseconds, undefined, { signal: stop.signal, ref: false }).catch(() => {});
    if (this.#stop === stop) this.#stop = undefined;
  }

  /** Where nobody pauses, nothing: what comes later is not cut short. */
  end(): void {
    this.#stop?.abort();
  }
}
