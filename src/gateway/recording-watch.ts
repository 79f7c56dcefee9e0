import type { JournalObserver } from '../audit/journal.ts';
import { Listeners } from '../core/listeners.ts';
import type { LockWatch } from '../core/lock.ts';

export interface RecordingWatch extends LockWatch {
  /** For the journal, which tells it how commits went. */
  readonly observer: JournalObserver;
}

const REASON = 'what is done here could not be recorded, so the gateway ended what was open: call again';

/**
 * While nothing can be recorded, targets that are recorded strictly have nothing open: what runs is cut off, and sessions and streams end. Whether a new
 * command may run is not decided here, since each has to be recorded first: that tells it, and tells when there is room again. `report` hears of
 * what could not be ended.
 */
export function watchRecording(report: (error: unknown) => void): RecordingWatch {
  const listeners = new Listeners(report);
  let isFailing = false;
  const become = (failing: boolean): void => {
    if (isFailing === failing) return;
    isFailing = failing;
    listeners.tell();
  };
  return {
    observer: { committed: () => become(false), failed: () => become(true) },
    reason: ({ target }) => (isFailing && target.audit === 'strict' ? REASON : undefined),
    onChange: (listener) => listeners.add(listener),
  };
}

/** Each hears of everything. */
export function observers(all: readonly JournalObserver[]): JournalObserver {
  return {
    committed(commit) {
      for (const one of all) one.committed(commit);
    },
    failed(events) {
      for (const one of all) one.failed(events);
    },
  };
}

/** What any of them says, the first that says something. */
export function eitherWatch(...watches: readonly LockWatch[]): LockWatch {
  return {
    reason(session) {
      for (const watch of watches) {
        const reason = watch.reason(session);
        if (reason !== undefined) return reason;
      }
      return undefined;
    },
    onChange(listener) {
      const stops = watches.map((watch) => watch.onChange(listener));
      return () => stops.forEach((stop) => stop());
    },
  };
}
