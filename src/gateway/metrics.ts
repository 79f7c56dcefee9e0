import type { Journal } from '../audit/journal.ts';
import type { SinkStatus } from '../audit/sinks/status.ts';
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
  sinks(): Promise<readonly SinkStatus[]>;
  readonly locks: Locks;
  readonly storage: Storage;
  policyVersion(): string;
}

/** What is looked at when somebody asks. */
export function watchParts(registry: Registry, { journal, sinks, locks, storage, policyVersion }: Watched): void {
  const gauge = (name: string, help: string) => registry.gauge({ name: `sallyport_${name}`, help }).with();
  const position = gauge('journal_position', 'Events that are durable, over all restarts.');
  const waitingEvents = gauge('journal_waiting_events', 'Events that wait for the disk.');
  const waitingBytes = gauge('journal_waiting_bytes', 'Bytes that wait for the disk.');
  watchSinks(registry, journal.writer, sinks);
  const locked = registry.gauge({ name: 'sallyport_locks', help: 'What is locked now.', labels: ['kind'] });
  const pending = gauge('approvals_pending', 'Approvals that wait for people, over all processes of the installation.');
  const policy = registry.gauge({ name: 'sallyport_policy', help: 'Always 1; the label says which policy is in force.', labels: ['version'] });
  registry.onRead(() => {
    position.set(journal.position);
    waitingEvents.set(journal.waiting.events);
    waitingBytes.set(journal.waiting.bytes);
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

function watchSinks(registry: Registry, writer: string, sinks: Watched['sinks']): void {
  const gauge = (name: string, help: string) => registry.gauge({ name: `sallyport_sink_${name}`, help, labels: ['sink'] });
  const position = gauge('position', 'Events of this gateway that a sink has taken.');
  const lagEvents = gauge('lag_events', 'Durable events that a sink has not taken yet.');
  const lagSeconds = gauge('lag_seconds', 'Age of the oldest of them.');
  const failing = gauge('failing', '1 while the last try to reach a sink has failed.');
  const retries = gauge('retries', 'Tries that failed since the start.');
  const rejected = gauge('rejected_events', 'Events that the other side refused for good, since the start.');
  registry.onRead(async () => {
    for (const status of await sinks()) {
      position.with(status.name).set(status.writers.find((one) => one.writer === writer)?.position ?? 0);
      lagEvents.with(status.name).set(status.lagEvents);
      lagSeconds.with(status.name).set(status.lagSeconds);
      failing.with(status.name).set(status.state === 'failing' ? 1 : 0);
      retries.with(status.name).set(status.retries);
      rejected.with(status.name).set(status.rejected);
    }
  });
}
