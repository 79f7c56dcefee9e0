/**
 * Wires one gateway: configuration, storage, journal, policy, protocols, API, listener. It decides nothing itself. Called
 * by the command line; nothing else in the project knows this folder.
 */
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { createApi } from '../api/app.ts';
import { openAccessReviews } from '../approval/access-reviews.ts';
import { openApprovals, type ApprovalService } from '../approval/approvals.ts';
import { startSearchIndex } from '../audit/search/search-index.ts';
import { readCommands } from '../audit/recorded-commands.ts';
import { openJournal, type Journal } from '../audit/journal.ts';
import { journalLogs, type Logs } from '../audit/sinks/logs.ts';
import type { Sinks } from '../audit/sinks/sinks.ts';
import type { SinkStatus } from '../audit/sinks/status.ts';
import { vaultWrapping } from '../audit/vault.ts';
import { startWitnesses } from '../audit/witness.ts';
import { NO_LOG, type Log } from '../core/log.ts';
import type { Recorder } from '../core/recorder.ts';
import { readSecretSource } from '../credential/credential.ts';
import { createHostCheck, type HostCheck } from '../identity/host.ts';
import { ALL_SCOPES } from '../identity/oauth/scopes.ts';
import { createAnalyzer, type Analyzer } from '../masking/analyzer.ts';
import { startNotices, type Notices } from '../notice/notices.ts';
import { storedPins } from '../protocols/mcp/pins/pin-store.ts';
import { ToolPins } from '../protocols/mcp/pins/tool-pins.ts';
import type { SocketListener } from '../protocols/protocol.ts';
import { PROTOCOLS } from '../protocols/registry.ts';
import { openDatabaseLogins, type DatabaseLogins } from '../credential/database-logins.ts';
import { databasePorts, openSockets } from './sockets.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { countedRecorder } from '../telemetry/event-metrics.ts';
import { watchProcess } from '../telemetry/process-metrics.ts';
import { startAlerts, type StartedAlerts } from './alerts.ts';
import { createAuditLog } from './audit-log.ts';
import { readConfig, type Config } from './config.ts';
import { openGatewayCredentials, type GatewayCredentials } from './credentials.ts';
import { createGate } from './gate.ts';
import { createMetrics, watchParts, type Metrics, type Watched } from './metrics.ts';
import { serveMetrics } from './metrics-server.ts';
import { listen, type Handler } from './http-server.ts';
import { storedDayBook } from './day-book.ts';
import { openHistory } from './history.ts';
import { openIdentity, type Identity } from './identity.ts';
import { openInstallation } from './installation.ts';
import { installationKey } from './installation-keys.ts';
import { failureReport } from './failures.ts';
import { createLog, type LogOptions } from './log.ts';
import { observerOf, openTraces } from './observer.ts';
import { openOAuth } from './oauth.ts';
import { openPolicy, type LivePolicy } from './policy.ts';
import { QuotaCounter } from './quotas.ts';
import { startRecordLife } from './record-life.ts';
import { observers, watchRecording, type RecordingWatch } from './recording-watch.ts';
import { createRecordings } from './recordings.ts';
import { openSinks } from './sinks.ts';
import { watchServers } from './servers.ts';
import { sinkDeps } from './sink-deps.ts';
import { Shutdown } from './shutdown.ts';
import { createStanding, type Standing } from './standing.ts';
import { ToolBook } from './tool-book.ts';
import { storedUseBook } from './use-book.ts';

export interface GatewayOptions {
  /** Path of `sallyport.yaml`. */
  readonly config: string;
  /** Where the log goes, and how it looks there unless the configuration says so. Absent: nowhere. */
  readonly log?: Pick<LogOptions, 'write' | 'format'>;
}

export interface Gateway {
  readonly url: string;
  /** Names of what it guards, as it started. */
  readonly targets: readonly string[];
  close(): Promise<void>;
}

/** Starts a gateway and resolves when it listens. Throws SallyportError with what to mend; whatever was opened is closed again. */
export async function startGateway({ config: file, log: output }: GatewayOptions): Promise<Gateway> {
  const config = await readConfig(file);
  const log = output ? createLog({ ...output, ...config.log }) : NO_LOG;
  const shutdown = new Shutdown();
  try {
    const parts = await openParts(config, shutdown, log);
    const rest = getRequestListener((await openApi(parts)).fetch, { overrideGlobalObjects: false });
    const onError = (error: unknown): void => log.error('http', error);
    shutdown.owns(await listen(config, { hosts: parts.hosts, protocols: await openProtocols(parts), rest, onError }));
    log.info('gateway', `listening at ${config.url}`);
    return { url: config.url, targets: parts.policy.snapshot().targets.map(({ name }) => name), close: () => shutdown.run() };
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

/** What protocols and API share. */
interface Parts {
  readonly config: Config;
  readonly shutdown: Shutdown;
  readonly log: Log;
  readonly keysFolder: string;
  readonly journal: Journal;
  readonly recording: RecordingWatch;
  /** The journal, counted. */
  readonly recorder: Recorder;
  /** Absent where nobody reads them. */
  readonly metrics: Metrics | undefined;
  readonly storage: Storage;
  readonly policy: LivePolicy;
  readonly upstream: GatewayCredentials;
  readonly approvals: ApprovalService;
  readonly identity: Identity;
  readonly hosts: HostCheck;
  readonly pins: ToolPins;
  readonly standing: Standing;
  readonly logins: DatabaseLogins;
  /** Ports of protocols that have one of their own, by protocol, once they are open. */
  readonly sockets: Map<string, SocketListener>;
  /** This process among those that share the database. */
  readonly owner: string;
  readonly analyzer?: Analyzer;
}

async function openParts(config: Config, shutdown: Shutdown, log: Log): Promise<Parts> {
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const keysFolder = join(config.data, 'keys');
  const metrics = config.metrics && createMetrics();
  const wrapping = config.audit.vault && shutdown.owns(vaultWrapping(config.audit.vault, sinkDeps(readSecretSource)));
  const recording = watchRecording();
  const journal = shutdown.owns(
    await openJournal({
      folder: join(config.data, 'journal'),
      keysFolder,
      ...(wrapping ? { wrapping } : {}),
      report: (error) => log.error('journal', error),
      observer: observers([recording.observer, ...(metrics ? [metrics.journal] : [])]),
    }),
  );
  const recorder = metrics ? countedRecorder(journal, metrics.events) : journal;
  const storage = shutdown.owns(await openStorage({ url: config.database, report: (error) => log.error('database', error) }));
  const analyzer = config.analyzer && shutdown.owns(createAnalyzer(config.analyzer));
  const pins = new ToolPins(storedPins(storage), recorder);
  const owner = `${hostname()}:${journal.writer}`;
  const upstream = shutdown.owns(
    await openGatewayCredentials({
      ...config,
      settings: config.credentials,
      keysFolder,
      storage,
      recorder,
      owner,
      report: (part, error) => log.error(part, error),
    }),
  );
  const { credentials } = upstream;
  const policy = shutdown.owns(await openPolicy(config.resources, { recorder, log, credentials, kinds: analyzer?.kinds ?? [], tools: new ToolBook(pins) }));
  const key = await installationKey(keysFolder, 'approval');
  const report = (error: unknown): void => log.error('approvals', error);
  const identity = await openIdentity({
    ...config,
    keysFolder,
    readSecret: credentials.secret,
    storage,
    recorder,
    shutdown,
    report: (part, error) => log.error(part, error),
  });
  const standing = createStanding({ ...identity, snapshot: () => policy.snapshot() });
  const approvals = shutdown.owns(await openApprovals({ storage, recorder, key, owner, report, ...standing }));
  const hosts = createHostCheck(config.url, config.port);
  const logins = openDatabaseLogins(storage, { recorder, current: standing.current });
  return {
    config,
    shutdown,
    log,
    keysFolder,
    journal,
    recording,
    recorder,
    metrics,
    storage,
    policy,
    upstream,
    approvals,
    identity,
    hosts,
    pins,
    standing,
    logins,
    sockets: new Map(),
    owner,
    ...(analyzer ? { analyzer } : {}),
  };
}

/** The handlers of all protocols by the first segment of their paths. */
async function openProtocols(parts: Parts): Promise<ReadonlyMap<string, Handler>> {
  const { config, shutdown, log, keysFolder, metrics, storage, policy, pins, identity } = parts;
  const snapshot = policy.snapshot.bind(policy);
  const traces = config.traces && shutdown.owns(openTraces(config.traces, { metrics, log, readSecret: parts.upstream.credentials.secret }));
  const observer = observerOf(metrics, traces);
  const maskingKey = await installationKey(keysFolder, 'masking');
  const deps = {
    gate: createGate({
      ...parts,
      locks: identity.watch,
      recording: parts.recording,
      snapshot,
      quotas: new QuotaCounter(storedDayBook(storage)),
      history: shutdown.owns(await openHistory({ book: storedUseBook(storage), report: (error) => log.error('history', error) })),
      maskingKey,
      report: failureReport(log),
    }),
    reach: snapshot,
    authenticator: identity.authenticator,
    url: config.url,
    credentials: parts.upstream.credentials,
    ...(config.oauth === 'on' ? { scope: ALL_SCOPES } : {}),
    pins,
    ...(observer ? { observer } : {}),
    servers: watchServers(log, metrics?.registry),
    sessionKey: await installationKey(keysFolder, 'session'),
  };
  const handlers = new Map<string, Handler>();
  for (const protocol of Object.values(PROTOCOLS)) {
    if (!('open' in protocol)) continue;
    const endpoint = shutdown.owns(protocol.open(deps));
    handlers.set(protocol.path, (request, response) => endpoint.handle(request, response));
  }
  const installation = openInstallation(storage, parts.owner, await installationKey(keysFolder, 'session'));
  const opened = await openSockets(
    { ...deps, logins: parts.logins, maskingKey, installation, report: (error: unknown) => log.error('databases', error) },
    config,
    {
      shutdown,
      log,
    },
  );
  for (const [name, listener] of opened) parts.sockets.set(name, listener);
  return handlers;
}

/** Built by `npm run build -w console`. */
const CONSOLE = join(import.meta.dirname, '../../console/dist');

async function openApi(parts: Parts): Promise<ReturnType<typeof createApi>> {
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
    folder: config.data,
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
