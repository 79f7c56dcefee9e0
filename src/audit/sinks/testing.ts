/** What the sinks' tests share. */
import type { TestContext } from 'node:test';
import type { Journal } from '../journal.ts';
import { aBody, anEvent, dataFolder, type DataFolder } from '../testing.ts';
import { SENT, type SendResult, type Sink, type SinkBatch } from './sink.ts';

/** A sink in memory. `answer` says what becomes of each batch: throws, refuses, or takes it. */
export interface MemorySink extends Sink {
  readonly batches: SinkBatch[];
  answer: (batch: SinkBatch, signal: AbortSignal) => SendResult | Promise<SendResult>;
}

export function memorySink(parts: Partial<Sink> = {}): MemorySink {
  const sink: MemorySink = {
    kind: 'memory',
    limits: { events: 10, bytes: 1 << 20 },
    gatherMs: 1,
    bounds: 'any',
    batches: [],
    answer: () => SENT,
    async send(batch, signal) {
      const result = await sink.answer(batch, signal);
      if (result.outcome !== 'later') sink.batches.push(batch);
      return result;
    },
    close: async () => {},
    ...parts,
  };
  return sink;
}

export interface Recorded extends DataFolder {
  readonly log: Journal;
  record(count: number): Promise<void>;
}

export async function recorded(t: TestContext): Promise<Recorded> {
  const data = await dataFolder(t);
  const log = await data.open({ segmentBytes: 20_000 });
  // The folder goes first, and with it the place of the last checkpoint.
  t.after(() => log.close().catch(() => {}));
  return { ...data, log, record: (count) => recordInto(log, count) };
}

export async function recordInto(log: Journal, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await log.append(anEvent(), [aBody('x'.repeat(50))]);
}
