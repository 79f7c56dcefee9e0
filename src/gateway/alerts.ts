import { openAlerts, type Alerts } from '../alert/alerts.ts';
import { SinkWatch } from '../alert/sink-watch.ts';
import type { Logs } from '../audit/sinks/logs.ts';
import { startShipper } from '../audit/sinks/shipper.ts';
import type { Shipping } from '../audit/sinks/shipping.ts';
import type { Sinks } from '../audit/sinks/sinks.ts';
import type { Log } from '../core/log.ts';
import type { Notices } from '../notice/notices.ts';
import { visible } from '../notice/visible.ts';
import type { Snapshot } from '../policy/snapshot.ts';
import type { Storage } from '../storage/storage.ts';
import type { Registry } from '../telemetry/registry.ts';

export interface AlertParts {
  readonly url: string;
  readonly logs: Logs;
  readonly storage: Storage;
  readonly notices: Pick<Notices, 'queueAlert' | 'look'>;
  snapshot(): Snapshot;
  readonly log: Log;
  /** The copies of the record, which may fall behind. */
  readonly sinks: Pick<Sinks, 'status'>;
  readonly registry?: Registry;
}

export interface StartedAlerts {
  readonly alerts: Alerts;
  /** How far they have read the record. */
  readonly shipping: Shipping;
  close(): Promise<void>;
}

/** How far they have read what counts for nothing need not be known to the second. */
const SAVE_EVERY_MS = 30_000;

/** Alerts, fed from the journal behind the hot path. */
export async function startAlerts(parts: AlertParts): Promise<StartedAlerts> {
  const { url, logs, storage, notices, snapshot, log, sinks, registry } = parts;
  const raised = registry?.counter({ name: 'sallyport_alerts_raised', help: 'Alerts raised.', labels: ['alert', 'severity'] });
  const report = (error: unknown): void => log.error('alerts', error);
  const alerts = await openAlerts({
    storage,
    resources: snapshot,
    queue: (db, alert) => notices.queueAlert(db, alert),
    onQueued: () => notices.look(),
    onRaised({ name, severity, title }) {
      raised?.with(name, severity).add();
      log.warn('alerts', title);
    },
    url,
    visible,
  });
  const shipper = startShipper({
    name: 'alerts',
    sink: alerts.sink,
    logs,
    positions: alerts.positions,
    saveEveryMs: SAVE_EVERY_MS,
    report,
  });
  const watch = new SinkWatch({
    lags: async () => [...(await sinks.status()), await shipper.status()],
    take: (occurrences) => alerts.take(occurrences),
    report,
  });
  return {
    alerts,
    shipping: shipper,
    async close() {
      await watch.close();
      await shipper.close();
    },
  };
}
