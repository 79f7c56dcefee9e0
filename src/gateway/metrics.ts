import type { Index } from '../audit/index-sink.ts';
import type { Journal } from '../audit/journal.ts';
import type { Locks } from '../lock/locks.ts';
import type { Storage } from '../storage/storage.ts';
import type { CommandStart, Observer, Steps } from '../core/steps.ts';
import { CommandMetrics } from '../telemetry/command-metrics.ts';
import { EventMetrics } from '../telemetry/event-metrics.ts';
import { journalMetrics } from '../telemetry/journal-metrics.ts';
import { Registry } from '../telemetry/registry.ts';

/** Everything that counts by itself, wherever in the gateway it happens. */
export interface Metrics extends Observer {
  readonly registry: Registry;
  readonly events: EventMetrics;
  readonly journal: ReturnType<typeof journalMetrics>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const commands = new CommandMetrics(registry);
  const refused = registry.counter({ name: 'sallyport_token_refusals', help: 'Calls without a usable token, by reason.', labels: ['code'] });
  return {
    registry,
    events: new EventMetrics(registry),
    journal: journalMetrics(registry),
    begin: (start: CommandStart): Steps => commands.begin(start),
    unauthenticated: (code) => refused.with(code).add(),
  };
}

export interface Watched {
  readonly journal: Journal;
  readonly index: Index;
  readonly locks: Locks;
  readonly storage: Storage;
  policyVersion(): string;
}

/** What is looked at when somebody asks. */
export function watchParts(registry: Registry, { journal, index, locks, storage, policyVersion }: Watched): void {
  const gauge = (name: string, help: string) => registry.gauge({ name: `sallyport_${name}`, help }).with();
  const position = gauge('journal_position', 'Events that are durable, over all restarts.');
  const waitingEvents = gauge('journal_waiting_events', 'Events that wait for the disk.');
  const waitingBytes = gauge('journal_waiting_bytes', 'Bytes that wait for the disk.');
  const sinkPosition = registry.gauge({ name: 'sallyport_sink_position', help: 'Events that a sink has taken.', labels: ['sink'] });
  const sinkLag = registry.gauge({ name: 'sallyport_sink_lag_events', help: 'Durable events that a sink has not taken yet.', labels: ['sink'] });
  const locked = registry.gauge({ name: 'sallyport_locks', help: 'What is locked now.', labels: ['kind'] });
  const pending = gauge('approvals_pending', 'Approvals that wait for people, over all processes of the installation.');
  const policy = registry.gauge({ name: 'sallyport_policy', help: 'Always 1; the label says which policy is in force.', labels: ['version'] });
  registry.onRead(() => {
    position.set(journal.position);
    waitingEvents.set(journal.waiting.events);
    waitingBytes.set(journal.waiting.bytes);
    sinkPosition.with('index').set(index.position);
    sinkLag.with('index').set(Math.max(0, journal.position - index.position));
    policy.clear();
    policy.with(policyVersion()).set(1);
  });
  registry.onRead(async () => {
    const counts = Map.groupBy(await locks.list(), ({ kind }) => kind);
    for (const kind of ['subject', 'target', 'session'] as const) locked.with(kind).set(counts.get(kind)?.length ?? 0);
  });
  registry.onRead(async () => {
    const row = await storage.db
      .selectFrom('approvals')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('status', '=', 'pending')
      .executeTakeFirstOrThrow();
    pending.set(row.count);
  });
}
