import type { JsonObject } from '../../core/json.ts';

const MAX_OUTCOMES = 10_000;
const MAX_LISTED = 100;
const MAX_OWNERS = 1000;

/** Held calls that go on here without their callers, by the approval that is their task, and how those ended that have no result in the database. */
export class TaskRuns {
  readonly #running = new Map<string, number>();
  readonly #outcomes = new Map<string, JsonObject>();
  /** Ids of tasks as their callers know them, by whose they are and by the approval. */
  readonly #ids = new Map<string, Map<string, string>>();
  readonly #closing = new AbortController();
  #idle: (() => void) | undefined;

  /** Aborts when the gateway ends: whoever waits for people then stops. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Begins a run; the result ends it, once, with what its caller would have been told where that is not in the approval. */
  begin(approval: string): (outcome?: JsonObject) => void {
    this.#running.set(approval, (this.#running.get(approval) ?? 0) + 1);
    let ended = false;
    return (outcome) => {
      if (ended) return;
      ended = true;
      if (outcome) this.#keep(approval, outcome);
      const left = (this.#running.get(approval) ?? 1) - 1;
      if (left > 0) this.#running.set(approval, left);
      else this.#running.delete(approval);
      if (this.#running.size === 0) this.#idle?.();
    };
  }

  isRunning(approval: string): boolean {
    return this.#running.has(approval);
  }

  outcome(approval: string): JsonObject | undefined {
    return this.#outcomes.get(approval);
  }

  /** Remembers a task for lists. The row of its approval has it for good; its id is its caller's, and here until this process ends. */
  remember(owner: string, approval: string, id: string): void {
    const own = this.#ids.get(owner) ?? new Map<string, string>();
    this.#ids.delete(owner);
    this.#ids.set(owner, own.set(approval, id));
    const oldest = own.size > MAX_LISTED ? own.keys().next().value : undefined;
    if (oldest !== undefined) own.delete(oldest);
    const idle = this.#ids.size > MAX_OWNERS ? this.#ids.keys().next().value : undefined;
    if (idle !== undefined) this.#ids.delete(idle);
  }

  /** The latest first. */
  idsOf(owner: string): readonly string[] {
    return [...(this.#ids.get(owner)?.values() ?? [])].toReversed();
  }

  /** Ends the waits; what already runs is ended with its target. */
  stop(): void {
    this.#closing.abort();
  }

  /** Resolves when nothing runs any more. */
  async ended(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  #keep(approval: string, outcome: JsonObject): void {
    this.#outcomes.set(approval, outcome);
    const oldest = this.#outcomes.size > MAX_OUTCOMES ? this.#outcomes.keys().next().value : undefined;
    if (oldest !== undefined) this.#outcomes.delete(oldest);
  }
}
