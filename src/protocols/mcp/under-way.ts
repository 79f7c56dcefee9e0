import { writeJson, type JsonValue } from '../../core/json.ts';
import type { RpcId } from './codec.ts';

/** Oldest first out: a server that asks and asks fills no memory. */
const MAX_ASKED = 10_000;
/** Calls and streams of one subject on one target at a time: beyond it others would wait for a connection. */
const MAX_HELD = 512;

/**
 * What is under way in each session: the caller's requests, which only it may cancel, and the target's own requests that
 * the caller was shown, which only it may answer, once. Lives in this process, like the streams on which both travel.
 */
export class UnderWay {
  readonly #held = new Map<string, number>();
  readonly #running = new Map<string, number>();
  readonly #asked = new Set<string>();

  /** Takes a place for one exchange of this subject; gives the way to leave it, or undefined where it holds too many. */
  enter(subject: string): (() => void) | undefined {
    const held = this.#held.get(subject) ?? 0;
    if (held >= MAX_HELD) return undefined;
    this.#held.set(subject, held + 1);
    return () => {
      const left = (this.#held.get(subject) ?? 1) - 1;
      if (left > 0) this.#held.set(subject, left);
      else this.#held.delete(subject);
    };
  }

  /** Runs `use`; until it ends the session may cancel this request. */
  async during<T>(session: string, id: RpcId, use: () => Promise<T>): Promise<T> {
    const key = keyOf(session, id);
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
    try {
      return await use();
    } finally {
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left > 0) this.#running.set(key, left);
      else this.#running.delete(key);
    }
  }

  isRunning(session: string, id: JsonValue | undefined): boolean {
    return id !== undefined && this.#running.has(keyOf(session, id));
  }

  /** The caller is shown a request of the target. */
  ask(session: string, id: RpcId): void {
    this.#asked.add(keyOf(session, id));
    for (const oldest of this.#asked) {
      if (this.#asked.size <= MAX_ASKED) return;
      this.#asked.delete(oldest);
    }
  }

  /** Whether the caller was asked this; it is answered then. */
  answer(session: string, id: RpcId | null): boolean {
    return id !== null && this.#asked.delete(keyOf(session, id));
  }
}

const keyOf = (session: string, id: JsonValue): string => `${session} ${writeJson(id)}`;
