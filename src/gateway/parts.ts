import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openApprovals, type ApprovalService } from '../approval/approvals.ts';
import type { Journal } from '../audit/journal.ts';
import { openJournal } from '../audit/open-journal.ts';
import { vaultWrapping } from '../audit/vault.ts';
import type { Log } from '../core/log.ts';
import type { Recorder } from '../core/recorder.ts';
import { readSecretSource } from '../credential/credential.ts';
import { openDatabaseLogins, type DatabaseLogins } from '../credential/database-logins.ts';
import { createHostCheck, type HostCheck } from '../identity/host.ts';
import { createAnalyzer, type Analyzer } from '../masking/analyzer.ts';
import { clientAddress, type ClientAddress } from '../network/client-address.ts';
import { storedPins } from '../protocols/mcp/pins/pin-store.ts';
import { ToolPins } from '../protocols/mcp/pins/tool-pins.ts';
import type { SocketListener } from '../protocols/protocol.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { countedRecorder } from '../telemetry/event-metrics.ts';
import type { Config } from './config.ts';
import { openGatewayCredentials, type GatewayCredentials } from './credentials.ts';
import { openIdentity, type Identity } from './identity.ts';
import { installationKey } from './installation-keys.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openPolicy, type LivePolicy } from './policy.ts';
import { observers, watchRecording, type RecordingWatch } from './recording-watch.ts';
import type { Shutdown } from './shutdown.ts';
import { sinkDeps } from './sink-deps.ts';
import { createStanding, type Standing } from './standing.ts';
import { ToolBook } from './tool-book.ts';

/** What protocols and API share. */
export interface Parts {
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
  readonly clientAddress: ClientAddress;
  readonly pins: ToolPins;
  readonly standing: Standing;
  readonly logins: DatabaseLogins;
  /** Ports of protocols that have one of their own, by protocol, once they are open. */
  readonly sockets: Map<string, SocketListener>;
  /** This process among those that share the database. */
  readonly owner: string;
  readonly analyzer?: Analyzer;
}

/** Opens them in the order in which they need each other; whatever is opened, `shutdown` closes. */
export async function openParts(config: Config, shutdown: Shutdown, log: Log): Promise<Parts> {
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const keysFolder = join(config.data, 'keys');
  const metrics = config.metrics && createMetrics();
  const wrapping = config.audit.vault && shutdown.owns(vaultWrapping(config.audit.vault, sinkDeps(readSecretSource)));
  const recording = watchRecording((error) => log.error('journal', error));
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
  const pins = new ToolPins(storedPins(storage), recorder, { report: (error) => log.error('tools', error) });
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
    clientAddress: clientAddress(config.trustedProxies),
    pins,
    standing,
    logins,
    sockets: new Map(),
    owner,
    ...(analyzer ? { analyzer } : {}),
  };
}
