/** Something that was started and has to be stopped. */
export interface Closeable {
  close(): Promise<void> | void;
}

/** Owns what was started and closes it in the opposite order, each thing once, whatever the others do. */
export class Shutdown {
  readonly #owned: Closeable[] = [];
  #running: Promise<void> | undefined;

  owns<T extends Closeable>(thing: T): T {
    this.#owned.push(thing);
    return thing;
  }

  /** Rejects with the first error after everything was closed. */
  run(): Promise<void> {
    return (this.#running ??= this.#closeAll());
  }

  async #closeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const thing of this.#owned.toReversed()) {
      try {
        await thing.close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
