import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackOff } from './back-off.ts';
import type { Logs } from './logs.ts';
import { PositionFile } from './position-file.ts';
import { startShipper } from './shipper.ts';
import { shippedUpTo, type Shipping } from './shipping.ts';
import type { Sink } from './sink.ts';
import type { SinkStatus } from './status.ts';

export interface NamedSink {
  readonly name: string;
  readonly sink: Sink;
}

export interface SinksOptions {
  /** Folder of the positions, one file for each sink. */
  readonly folder: string;
  readonly logs: Logs;
  readonly sinks: readonly NamedSink[];
  /** What is fed by itself and counts as a sink: the index. */
  readonly others?: readonly Shipping[];
  /** As for each shipper. */
  readonly backOff?: BackOff;
  readonly pollMs?: number;
  readonly closeMs?: number;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly report?: (sink: string, error: unknown) => void;
}

export interface Sinks {
  status(): Promise<readonly SinkStatus[]>;
  /**
   * The index of the first record of `writer` that some sink may still need, as far as that is durable: retention may delete a segment when the
   * next one begins at or below it.
   */
  shippedUpTo(writer: string): number;
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a shipper for each configured sink. One that is down holds up no other. */
export async function startSinks(options: SinksOptions): Promise<Sinks> {
  const { folder, sinks, logs, others = [], report = () => {}, ...rest } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const opened = await Promise.all(sinks.map(async (one) => ({ ...one, positions: await PositionFile.open(join(folder, `${one.name}.json`)) })));
  const started = opened.map(({ name, sink, positions }) => startShipper({ ...rest, name, sink, positions, logs, report: (error) => report(name, error) }));
  const all = [...others, ...started];
  return {
    status: () => Promise.all(all.map((sink) => sink.status())),
    shippedUpTo: (writer) => shippedUpTo(all, writer),
    caughtUp: async () => void (await Promise.all(all.map((sink) => sink.caughtUp()))),
    close: async () => void (await Promise.all(all.map((sink) => sink.close()))),
  };
}
