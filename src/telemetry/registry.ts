/**
 * Telemetry: counting and tracing what the gateway does, in the forms that Prometheus and OpenTelemetry read. Called by the
 * gateway, which hands what counts to whoever does something. Must not know policy, protocols or what is in a command, and
 * changes nothing of what is counted.
 */
import { Family, type FamilyOptions } from './family.ts';
import { Counter, Gauge, Histogram, type Metric } from './metric.ts';

/** All that is measured, by name. */
export class Registry {
  readonly #families: Family<Metric>[] = [];
  readonly #readers: (() => Promise<void> | void)[] = [];

  counter(options: FamilyOptions): Family<Counter> {
    return this.#add(new Family('counter', options, () => new Counter()));
  }

  gauge(options: FamilyOptions): Family<Gauge> {
    return this.#add(new Family('gauge', options, () => new Gauge()));
  }

  histogram(options: FamilyOptions, bounds: readonly number[]): Family<Histogram> {
    return this.#add(new Family('histogram', options, () => new Histogram(bounds)));
  }

  /** Called before each reading, for what is looked at rather than counted. */
  onRead(read: () => Promise<void> | void): void {
    this.#readers.push(read);
  }

  /** One reader that fails leaves the others' values right. */
  async read(): Promise<readonly Family<Metric>[]> {
    await Promise.allSettled(this.#readers.map(async (read) => read()));
    return this.#families;
  }

  #add<M extends Metric>(family: Family<M>): Family<M> {
    if (this.#families.some(({ options }) => options.name === family.options.name)) throw new Error(`two metrics are called ${family.options.name}`);
    this.#families.push(family);
    return family;
  }
}
