import { newId } from '../core/id.ts';
import type { Occurrence } from './occurrence.ts';

/** How far a copy of the record is. */
export interface SinkLag {
  readonly name: string;
  /** Records that it has not got, and the age of the oldest of them; 0 where there is none. */
  readonly lagEvents: number;
  readonly lagSeconds: number;
}

export interface SinkWatchOptions {
  lags(): Promise<readonly SinkLag[]>;
  take(occurrences: readonly Occurrence[]): Promise<void>;
  /** Default 15,000. */
  readonly everyMs?: number;
  readonly now?: () => number;
  readonly report?: (error: unknown) => void;
}

/** Looks at all sinks now and then: one that is behind tells so itself, with the age of what it has not got. */
export class SinkWatch {
  readonly #options: SinkWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: SinkWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), options.everyMs ?? 15_000);
    this.#timer.unref();
  }

  look(): Promise<void> {
    const { report = () => {} } = this.#options;
    this.#looking = this.#looking.then(() => this.#look()).catch(report);
    return this.#looking;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { lags, take, now = Date.now } = this.#options;
    const at = now();
    const late = (await lags()).flatMap(({ name, lagEvents, lagSeconds }): Occurrence[] => {
      const note = `${lagEvents} records have not arrived, the oldest for ${Math.round(lagSeconds)} s`;
      return lagSeconds > 0 ? [{ event: 'sink-lagging', at, id: newId(at), sink: name, lagMs: lagSeconds * 1000, note }] : [];
    });
    await take(late);
  }
}
