/** What one benchmark measured, by stable keys. The unit is the key's ending: `_us`, `_ms`, `_mb`, `_rps`. */
export type Figures = Readonly<Record<string, number>>;

export interface BenchmarkOptions {
  /** A few seconds that show that it runs; the figures mean little. */
  readonly quick: boolean;
  /** Says what is going on; nothing where nobody reads it. */
  readonly say: (line: string) => void;
}

export interface Benchmark {
  readonly about: string;
  run(options: BenchmarkOptions): Promise<Figures>;
  /** The figures for a reader, where there is more to see than a list. */
  table?(figures: Figures): string;
}
