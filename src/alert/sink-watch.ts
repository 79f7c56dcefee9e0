import { newId } from '../core/id.ts';
import type { Occurrence } from './occurrence.ts';

/** How far a copy of the record is. */
export interface SinkLag {
  readonly name: string;
  /** Records that it has. */
  readonly position: number;
  /** Records that there are. */
  readonly end: number;
}

export interface SinkWatchOptions {
  lags(): Promise<readonly SinkLag[]>;
  take(occurrences: readonly Occurrence[]): Promise<void>;
  /** Default 15,000. */
  readonly everyMs?: number;
  readonly now?: () => number;
  readonly report?: (error: unknown) => void;
}

/** Samples of one sink: how many records there were, and when. */
const MAX_SAMPLES = 10_000;

/** Looks at all sinks now and then: one that is behind tells so itself, with the age of what it has not got. */
export class SinkWatch {
  readonly #options: SinkWatchOptions;
  readonly #samples = new Map<string, { readonly at: number; readonly end: number }[]>();
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
    const late = (await lags()).flatMap((lag): Occurrence[] => {
      const lagMs = this.#age(lag, at);
      const note = `${lag.end - lag.position} records have not arrived, the oldest for ${Math.round(lagMs / 1000)} s`;
      return lagMs > 0 ? [{ event: 'sink-lagging', at, id: newId(at), sink: lag.name, lagMs, note }] : [];
    });
    await take(late);
  }

  /** Since when there is something that the sink has not got, as far as it was looked at. */
  #age({ name, position, end }: SinkLag, at: number): number {
    const samples = this.#samples.get(name) ?? [];
    samples.push({ at, end });
    const behind = samples.findIndex((sample) => sample.end > position);
    const kept = behind < 0 ? [] : samples.slice(behind, behind + MAX_SAMPLES);
    this.#samples.set(name, kept);
    return kept[0] ? at - kept[0].at : 0;
  }
}
