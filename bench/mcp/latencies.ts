/** Latencies of many calls, in milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

export function latenciesOf(milliseconds: readonly number[]): Latencies {
  const sorted = Float64Array.from(milliseconds).sort();
  return { p50: at(sorted, 0.5), p99: at(sorted, 0.99) };
}

export function median(values: readonly number[]): number {
  return at(Float64Array.from(values).sort(), 0.5);
}

/** Nearest rank. */
function at(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
