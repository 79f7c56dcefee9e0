/** Who hears of something that happened. One that fails harms neither the others nor what they hear of. */
export class Listeners<News extends readonly unknown[] = []> {
  readonly #all = new Set<(...news: News) => void>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void = () => {}) {
    this.#report = report;
  }

  get areSome(): boolean {
    return this.#all.size > 0;
  }

  /** The result ends it. */
  add(listener: (...news: News) => void): () => void {
    this.#all.add(listener);
    return () => void this.#all.delete(listener);
  }

  tell(...news: News): void {
    for (const listener of this.#all) {
      try {
        listener(...news);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
