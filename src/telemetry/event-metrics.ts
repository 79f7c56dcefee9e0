import type { Event, EventKind } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Family } from './family.ts';
import { WAITS, type Counter, type Gauge, type Histogram } from './metric.ts';
import type { Registry } from './registry.ts';

/** Requests for approval whose answer is awaited here; the oldest is forgotten for the newest. */
const REMEMBERED = 10_000;

/** Counts what is recorded, as it is handed to the recorder: whatever happens to be an event needs no other hook. */
export class EventMetrics {
  readonly #events = new Map<EventKind, Counter>();
  readonly #ofKind: Family<Counter>;
  readonly #masks: Family<Counter>;
  readonly #masked = new Map<string, Counter>();
  readonly #rejected: Family<Counter>;
  readonly #failures: Family<Counter>;
  readonly #approvals: Family<Counter>;
  readonly #waits: Histogram;
  readonly #sessions: Family<Gauge>;
  readonly #asked = new Map<string, number>();

  constructor(registry: Registry) {
    this.#ofKind = registry.counter({ name: 'sallyport_events', help: 'Events handed to the record, by kind.', labels: ['kind'] });
    this.#masks = registry.counter({ name: 'sallyport_masks_applied', help: 'Values masked, by detector or place.', labels: ['target', 'by', 'mask'] });
    this.#rejected = registry.counter({
      name: 'sallyport_requests_rejected',
      help: 'Requests that were no command, by HTTP status.',
      labels: ['target', 'status'],
    });
    this.#failures = registry.counter({ name: 'sallyport_failures', help: 'Commands that failed, by code of the error.', labels: ['target', 'code'] });
    this.#approvals = registry.counter({ name: 'sallyport_approvals', help: 'Approvals by what became of them.', labels: ['target', 'status'] });
    this.#waits = registry
      .histogram({ name: 'sallyport_approval_answer_seconds', help: 'From the request for an approval to its answer by people.' }, WAITS)
      .with();
    this.#sessions = registry.gauge({ name: 'sallyport_sessions_open', help: 'Sessions that this process has open.', labels: ['target'] });
  }

  count(event: Event): void {
    let counter = this.#events.get(event.kind);
    if (!counter) this.#events.set(event.kind, (counter = this.#ofKind.with(event.kind)));
    counter.add();
    if (event.masks !== undefined && event.masks.length > 0) this.#countMasks(event);
    switch (event.kind) {
      case 'command.forwarded':
      case 'reply.received':
      case 'stream.chunk':
        return;
      case 'session.opened':
        return this.#sessions.with(event.target ?? '').add(1);
      case 'session.closed':
      case 'session.truncated':
        return this.#sessions.with(event.target ?? '').add(-1);
      case 'command.refused':
        return event.decision ? undefined : this.#rejected.with(event.target ?? '', (event.outcome?.status ?? '').replace('http ', '')).add();
      case 'command.failed':
        return this.#failures.with(event.target ?? '', event.outcome?.status ?? '').add();
      default:
        if (event.kind.startsWith('approval.')) this.#countApproval(event);
    }
  }

  #countMasks({ target = '', masks = [] }: Event): void {
    for (const { by, name, count } of masks) {
      const key = `${target}\0${by}\0${name}`;
      let counter = this.#masked.get(key);
      if (!counter) this.#remember(key, (counter = this.#masks.with(target, by, name)));
      counter.add(count);
    }
  }

  #remember(key: string, counter: Counter): void {
    if (this.#masked.size < REMEMBERED) this.#masked.set(key, counter);
  }

  #countApproval({ kind, target = '', approval = '', time }: Event): void {
    const status = kind.slice('approval.'.length);
    this.#approvals.with(target, status).add();
    const at = Date.parse(time);
    if (status === 'requested') {
      this.#asked.set(approval, at);
      const oldest = this.#asked.size > REMEMBERED ? this.#asked.keys().next().value : undefined;
      if (oldest !== undefined) this.#asked.delete(oldest);
      return;
    }
    const asked = this.#asked.get(approval);
    this.#asked.delete(approval);
    if (asked !== undefined && (status === 'granted' || status === 'denied')) this.#waits.observe(Math.max(0, at - asked) / 1000);
  }
}

/** The same recorder; what is handed to it is counted first. */
export function countedRecorder(recorder: Recorder, metrics: EventMetrics): Recorder {
  return {
    append(event, bodies) {
      metrics.count(event);
      return recorder.append(event, bodies);
    },
  };
}
