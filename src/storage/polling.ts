export interface PollingOptions {
  /** Reads what other processes may have changed. */
  readonly look: () => Promise<void>;
  readonly everyMs: number;
  /** Hears of looks that failed: the next one may go well. */
  readonly report?: ((error: unknown) => void) | undefined;
}

/** Looks again and again, one look at a time, and in between when somebody needs to know. */
export class Polling {
  readonly #options: PollingOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: PollingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), this.#options.everyMs);
  }

  /** Resolves when the look that is under way has ended, well or not; begins one where there is none. */
  look(): Promise<void> {
    return (this.#looking ??= this.#options
      .look()
      .catch((error: unknown) => this.#options.report?.(error))
      .finally(() => (this.#looking = undefined)));
  }

  /** The same for a look that begins now or later. */
  async lookAnew(): Promise<void> {
    await this.#looking;
    await this.look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
