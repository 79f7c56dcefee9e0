import { join } from 'node:path';
import { createApi } from '../api/app.ts';
import { openAccessReviews } from '../approval/access-reviews.ts';
import { readCommands } from '../audit/recorded-commands.ts';
import { startSearchIndex } from '../audit/search/search-index.ts';
import { journalLogs, type Logs } from '../audit/sinks/logs.ts';
import type { Sinks } from '../audit/sinks/sinks.ts';
import type { SinkStatus } from '../audit/sinks/status.ts';
import { startWitnesses } from '../audit/witness.ts';
import { startNotices, type Notices } from '../notice/notices.ts';
import { watchProcess } from '../telemetry/process-metrics.ts';
import { startAlerts, type StartedAlerts } from './alerts.ts';
import { createAuditLog } from './audit-log.ts';
import { installationKey } from './installation-keys.ts';
import { serveMetrics } from './metrics-server.ts';
import { watchParts, type Metrics, type Watched } from './metrics.ts';
import { openOAuth } from './oauth.ts';
import type { Parts } from './parts.ts';
import { startRecordLife } from './record-life.ts';
import { createRecordings } from './recordings.ts';
import { openSinks } from './sinks.ts';
import { databasePorts } from './sockets.ts';

/** Built by `npm run build -w console`. */
const CONSOLE = join(import.meta.dirname, '../../console/dist');

/** The HTTP API, and what it alone needs: notices, alerts, sinks, search and the life of the record. */
export async function openApi(parts: Parts): Promise<ReturnType<typeof createApi>> {
  const { config, shutdown, log, keysFolder, journal, recorder, metrics, storage, policy, approvals, identity, hosts, pins } = parts;
  const { accounts, signIns, doors, passkeys, scim, localSignIn, signing, locks, watch, authenticator } = identity;
  const notices = await openNotices(parts);
  const report = (sink: string, error: unknown): void => log.error(`sink ${sink}`, error);
  const logs = journalLogs({ journal });
  const sinks = shutdown.owns(
    await openSinks({ journal, logs, storage, settings: config.sinks, data: config.data, readSecret: parts.upstream.credentials.secret, report }),
  );
  const { index } = sinks;
  const { alerts, shipping } = await openAlertsOf(parts, notices, { sinks, logs });
  const sinkStatus = async (): Promise<readonly SinkStatus[]> => [...(await sinks.status()), await shipping.status()];
  const searchIndex = shutdown.owns(startSearchIndex({ journal, database: config.database, report: (error) => log.error('search', error) }));
  const { holds, erasures } = shutdown.owns(
    startRecordLife({
      ...{ journal, logs, recorder, storage, index, sinks, searchIndex, log },
      alerts: shipping,
      defaultRetentionMs: config.audit.retentionMs,
      snapshot: () => policy.snapshot(),
    }),
  );
  shutdown.owns(startWitnesses({ journal, witnesses: config.audit.witnesses, report: (error) => log.error('witness', error) }));
  if (metrics) await openMetrics(metrics, parts, { journal, sinks: sinkStatus, locks, storage, policyVersion: () => policy.snapshot().version });
  const oauth = config.oauth === 'on' ? await openOAuth({ ...parts, url: config.url, snapshot: () => policy.snapshot() }) : undefined;
  return createApi({
    upstream: parts.upstream,
    url: config.url,
    ...(oauth ? { oauth } : {}),
    hosts,
    clientAddress: parts.clientAddress,
    issuers: config.issuers.map(({ issuer }) => issuer),
    accounts,
    signIns,
    doors,
    passkeys,
    ...(scim ? { scim } : {}),
    localSignIn,
    watch,
    keys: signing,
    approvals,
    notices,
    alerts,
    locks,
    authenticator,
    reviews: openAccessReviews({ storage, recorder }),
    pins,
    holds,
    auditors: config.audit.auditors,
    databases: {
      logins: parts.logins,
      ports: databasePorts(config),
      rights: (target, options) => parts.sockets.get(target.protocol)?.rights?.(target, options),
    },
    recordings: createRecordings({ storage, index, sinks: sinkStatus, journal, keysFolder, erasures }),
    auditLog: createAuditLog({ storage, journal, index, searchIndex }),
    recorder,
    pastCommands: (since, targets) => readCommands({ folder: journal.folder, recording: journal.recording, since, targets }),
    compile: (texts) => policy.compile(texts),
    snapshot: () => policy.snapshot(),
    consoleFolder: CONSOLE,
    report: (error) => log.error('api', error),
  });
}

async function openNotices({ config, shutdown, log, keysFolder, approvals, identity, standing, storage, upstream }: Parts): Promise<Notices> {
  return shutdown.owns(
    startNotices({
      settings: config.notify,
      url: config.url,
      key: await installationKey(keysFolder, 'notice'),
      approvals,
      directory: async (name) => {
        const person = await identity.named(name);
        return person && standing.current(person);
      },
      storage,
      readSecret: upstream.credentials.secret,
      report: (error) => log.error('notices', error),
    }),
  );
}

async function openAlertsOf(
  { config, shutdown, log, storage, policy, metrics }: Parts,
  notices: Notices,
  { sinks, logs }: { readonly sinks: Pick<Sinks, 'status'>; readonly logs: Logs },
): Promise<StartedAlerts> {
  const started = await startAlerts({
    url: config.url,
    logs,
    storage,
    notices,
    sinks,
    snapshot: () => policy.snapshot(),
    log,
    ...(metrics ? { registry: metrics.registry } : {}),
  });
  return shutdown.owns(started);
}

async function openMetrics({ registry }: Metrics, { config, shutdown, upstream }: Parts, watched: Watched): Promise<void> {
  if (!config.metrics) return;
  const { host, port, token } = config.metrics;
  watchParts(registry, watched);
  shutdown.owns(watchProcess(registry));
  shutdown.owns(await serveMetrics(registry, { host, port, ...(token ? { token: () => upstream.credentials.secret(token) } : {}) }));
}
