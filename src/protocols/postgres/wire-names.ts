import type { Parse, ResultColumn } from './messages.ts';

/** A statement of the protocol's Parse. */
export interface WireStatement extends Parse {
  /** Types of all parameters, once the server told them. */
  described: readonly number[] | undefined;
}

/** A statement with its parameters, of the protocol's Bind. */
export interface WirePortal {
  readonly name: string;
  readonly statement: WireStatement;
  /** As texts, for whoever decides; null for NULL. */
  readonly parameters: readonly (string | null)[];
  /** Whether the server may see it: somebody decided about it as it is bound. */
  cleared: boolean;
  /** Columns of its rows, once the server told them; empty where it gives none. */
  columns: readonly ResultColumn[] | undefined;
  /** Rows that were given so far. */
  rows: number;
}

/**
 * What the names of statements and portals stand for. What is on its way counts from when it was sent, since the server
 * ignores all that follows a failure; it is dropped at the end of the round unless the server confirmed it.
 */
export class WireNames<T extends { readonly name: string }> {
  readonly #settled = new Map<string, T>();
  readonly #ahead = new Map<string, T | undefined>();

  get(name: string): T | undefined {
    return this.#ahead.has(name) ? this.#ahead.get(name) : this.#settled.get(name);
  }

  /** It was sent. */
  expect(name: string, entry: T | undefined): void {
    this.#ahead.set(name, entry);
  }

  /** The server did it. */
  settle(name: string, entry: T | undefined): void {
    if (entry) this.#settled.set(name, entry);
    else this.#settled.delete(name);
  }

  /** The name may stand for something else, made another way. */
  forget(name: string | undefined): void {
    if (name === undefined) {
      this.#settled.clear();
      this.#ahead.clear();
      return;
    }
    this.#settled.delete(name);
    this.#ahead.delete(name);
  }

  /** What was not confirmed never came to be. */
  endRound(): void {
    this.#ahead.clear();
  }

  get size(): number {
    return this.#settled.size + this.#ahead.size;
  }
}
