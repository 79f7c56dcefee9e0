/** What the sinks' tests share. */
import { setTimeout } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import type { Journal } from '../journal.ts';
import { aBody, anEvent, dataFolder, type DataFolder } from '../testing.ts';
import { Secret } from '../../core/secret.ts';
import type { SinkDeps } from './deps.ts';
import { journalLogs } from './logs.ts';
import { startSinks, type Sinks } from './sinks.ts';
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
  recordNote(note: string): Promise<void>;
}

export async function recorded(t: TestContext): Promise<Recorded> {
  const data = await dataFolder(t);
  const log = await data.open({ segmentBytes: 20_000 });
  // The folder goes first, and with it the place of the last checkpoint.
  t.after(() => log.close().catch(() => {}));
  return { ...data, log, record: (count) => recordInto(log, count), recordNote: (note) => log.append(anEvent('command.forwarded', { note })) };
}

export async function recordInto(log: Journal, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await log.append(anEvent(), [aBody('x'.repeat(50))]);
}

/** Times of a test: failures are noticed and tried again at once. */
const QUICK_BACK_OFF = { firstMs: 5, longestMs: 40 };
export const QUICK_TIMEOUT_MS = 1000;

/** The world as the gateway gives it to sinks, for other sides on this machine. `secrets`: values of `{ env: NAME }`. */
export function testDeps(secrets: Readonly<Record<string, string>> = {}): SinkDeps {
  return {
    readSecret: async (source) => new Secret('env' in source ? (secrets[source.env] ?? '') : ''),
    lookup: (_hostname, _options, done) => done(null, '127.0.0.1', 4),
    mayReach: () => true,
    now: Date.now,
  };
}

/** As a gateway ships to one sink. */
export function shipTo(sink: Sink, journal: Journal, folder: string): Promise<Sinks> {
  const logs = journalLogs({ journal });
  return startSinks({ folder, logs, sinks: [{ name: sink.kind, sink: { ...sink, gatherMs: 5 } }], backOff: QUICK_BACK_OFF, pollMs: 20, closeMs: 500 });
}

/** Waits until the first sink has failed so often. */
export async function retried(sinks: Sinks, times = 1): Promise<void> {
  for (let i = 0; i < 1000; i += 1) {
    if (((await sinks.status())[0]?.retries ?? 0) >= times) return;
    await setTimeout(10);
  }
  throw new Error(`waited in vain for ${times} failures: ${JSON.stringify(await sinks.status())}`);
}
