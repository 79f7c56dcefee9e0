import { join } from 'node:path';
import { startIndex } from '../audit/index-sink.ts';
import type { Journal } from '../audit/journal.ts';
import { startIndexShipping } from '../audit/sinks/index-shipping.ts';
import type { Logs } from '../audit/sinks/logs.ts';
import { createSink, type SinkSettings } from '../audit/sinks/settings.ts';
import { startSinks, type Sinks } from '../audit/sinks/sinks.ts';
import type { Index } from '../audit/index-sink.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import type { Storage } from '../storage/storage.ts';
import { sinkDeps } from './sink-deps.ts';

export interface SinkParts {
  readonly journal: Journal;
  readonly logs: Logs;
  readonly storage: Storage;
  readonly settings: readonly SinkSettings[];
  /** The data folder. */
  readonly data: string;
  readonly readSecret: ReadSecretSource;
  readonly report: (sink: string, error: unknown) => void;
}

/** The index, and every sink of the configuration, fed from the journal. */
export async function openSinks({ journal, logs, storage, settings, data, readSecret, report }: SinkParts): Promise<Sinks & { readonly index: Index }> {
  const folder = join(data, 'sinks');
  const index = startIndexShipping({
    journal,
    logs,
    start: (log, failed) => startIndex({ journal: log, storage, report: failed }),
    report: (error) => report('index', error),
  });
  const deps = sinkDeps(readSecret);
  try {
    const sinks = settings.map((one) => ({ name: one.name, sink: createSink(one, { ...deps, notes: join(folder, `${one.name}.upload`) }) }));
    const started = await startSinks({ folder, logs, sinks, others: [index], report });
    return { ...started, index: index.index };
  } catch (error) {
    await index.close();
    throw error;
  }
}
