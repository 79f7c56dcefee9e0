/** A bounded memory: what was not used for the longest time goes first. Its values live longer than one command (decision 054 says what becomes of others). */
export class RecentlyUsed<V> {
  readonly #bound: number;
  /** In the order of their last use, since a map keeps the order of insertion. */
  readonly #values = new Map<string, V>();
  /** The one that stands last: who uses the same again and again need not have it moved. */
  #last: string | undefined;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#values.size;
  }

  /** Counts as a use. */
  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value !== undefined && key !== this.#last) this.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    this.#last = key;
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#bound) return;
      this.#values.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }
}
