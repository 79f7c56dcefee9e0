import type { JsonValue } from '../../core/json.ts';

/** The calls of sessions that wait for people right now: whoever waits may cancel the wait, and the target never hears of it. */
export class HeldCalls {
  readonly #waits = new Map<string, AbortController>();

  /** Waits until `use` ends; its signal aborts when the session cancels this request. */
  async during<T>(session: string, requestId: JsonValue, use: (cancelled: AbortSignal) => Promise<T>): Promise<T> {
    const key = keyOf(session, requestId);
    const cancel = new AbortController();
    this.#waits.set(key, cancel);
    try {
      return await use(cancel.signal);
    } finally {
      if (this.#waits.get(key) === cancel) this.#waits.delete(key);
    }
  }

  /** Whether such a call was waiting. */
  cancel(session: string, requestId: JsonValue | undefined): boolean {
    const wait = requestId === undefined ? undefined : this.#waits.get(keyOf(session, requestId));
    wait?.abort();
    return wait !== undefined;
  }
}

const keyOf = (session: string, requestId: JsonValue): string => JSON.stringify([session, requestId]);
