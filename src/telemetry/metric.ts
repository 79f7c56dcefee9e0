/** What grows only. Kept by whoever counts: adding is one addition, no names are looked up. */
export class Counter {
  value = 0;

  add(by = 1): void {
    this.value += by;
  }
}

export class Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  add(by: number): void {
    this.value += by;
  }
}

/** How many values are at or below each bound; bounds are few, so they are looked through in order. */
export class Histogram {
  readonly bounds: readonly number[];
  /** Values of each bucket by itself, the last one above all bounds. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    counts[at] = (counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

export type Metric = Counter | Gauge | Histogram;

/** From a tenth of a millisecond to five minutes. */
export const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;
/** For what people take: a second to a day. */
export const WAITS = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400] as const;
export const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;
