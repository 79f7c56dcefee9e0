import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { VaultSettings } from '../audit/vault.ts';
import type { SinkSettings } from '../audit/sinks/settings.ts';
import { SallyportError } from '../core/error.ts';
import type { IssuerConfig } from '../identity/token-source.ts';
import type { AnalyzerOptions } from '../masking/analyzer.ts';
import type { NotifySettings } from '../notice/settings.ts';
import { readDocuments } from '../policy/document.ts';
import { readDuration } from '../policy/duration.ts';
import { readRetention } from '../policy/retention.ts';
import { formatProblem, type Problem } from '../policy/problem.ts';
import { issueProblems } from '../policy/shape.ts';
import type { LogLevel } from '../core/log.ts';
import type { SecretSource } from '../core/credential-spec.ts';
import { configSchema, type ConfigDocument } from './config-schema.ts';
import { machineConfig, type MachineConfig } from './machine-config.ts';
import { isLoopback } from './metrics-server.ts';
import { credentialSettings } from './credential-settings.ts';
import type { CredentialSettings } from './credentials.ts';
import { samlPaths } from './saml-provider.ts';
import { sinkSettings } from './sink-settings.ts';

/** What one gateway runs with; paths are absolute. */
export interface Config {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Subnets, `address/prefix`, of proxies whose word counts for where a request comes from. */
  readonly trustedProxies: readonly string[];
  /** Ports of protocols that have one of their own, by the protocol's name. */
  readonly sockets: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
  /** Paths of the certificate and the key of those ports. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly data: string;
  /** What `openStorage` takes. */
  readonly database: string;
  readonly issuers: readonly IssuerConfig[];
  readonly providers: ConfigDocument['identity']['providers'];
  readonly machines: MachineConfig;
  readonly local: LocalAccounts;
  /** Whether the gateway is an OAuth server for MCP clients. */
  readonly oauth: 'on' | 'off';
  readonly resources: string;
  readonly credentials: CredentialSettings;
  readonly notify: readonly NotifySettings[];
  readonly audit: AuditSettings;
  readonly sinks: readonly SinkSettings[];
  readonly analyzer?: AnalyzerOptions;
  readonly log: { readonly level: LogLevel; readonly format?: 'json' | 'text' };
  /** Where spans are sent; absent: nowhere. */
  readonly traces?: TracesConfig;
  /** Where metrics are read, and with which token. Absent: nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number; readonly token?: SecretSource };
}

export interface AuditSettings {
  /** Absent: for ever. */
  readonly retentionMs?: number;
  /** Who may read all of the record: `group:x`, `person:x`. */
  readonly auditors: readonly string[];
  readonly witnesses: readonly { readonly url: string; readonly key: string }[];
  /** What wraps the recording keys; absent: they are kept as they are. */
  readonly vault?: VaultSettings;
}

type VaultDocument = NonNullable<ConfigDocument['audit']['recordingKey']>['vault'];

/** Which local accounts may sign in. */
export type LocalAccounts = ConfigDocument['identity']['local'];

export type TracesConfig = NonNullable<ConfigDocument['telemetry']['traces']>;

/** Reads `sallyport.yaml`. Throws `config_invalid` with every problem, its line and column, and the fix. */
export async function readConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const demo = join('.sallyport', 'demo', 'sallyport.yaml');
    const hint = `name it with --config FILE${existsSync(join(dirname(file), demo)) ? `; the demo's is ${demo}` : ''}`;
    throw new SallyportError('config_invalid', `the configuration ${file} cannot be read`, { cause, hint });
  });
  return parseConfig(file, text);
}

export function parseConfig(file: string, text: string): Config {
  const { documents, problems } = readDocuments(file, text);
  if (problems.length > 0) throw invalid(problems);
  const [document, second] = documents;
  if (!document || second) throw new SallyportError('config_invalid', `${file} must hold one YAML document`, { hint: 'resources are files of their own' });
  const parsed = configSchema.safeParse(document.value);
  if (!parsed.success) throw invalid(issueProblems(document, parsed.error.issues));
  const { url, listen, tls, data, database, credentials, identity, masking, notify, resources, telemetry, audit } = parsed.data;
  const folder = dirname(resolve(file));
  const dataFolder = resolve(folder, data);
  return {
    url: url.replace(/\/$/, ''),
    ...addressOf(listen.http),
    trustedProxies: listen.trustedProxies,
    sockets: socketsOf(listen.postgres, tls),
    ...(tls ? { tls: { certificate: resolve(folder, tls.certificate), key: resolve(folder, tls.key) } } : {}),
    data: dataFolder,
    database: database ?? `sqlite:${resolve(dataFolder, 'sallyport.db')}`,
    issuers: identity.issuers,
    machines: machineConfig(identity, url.replace(/\/$/, ''), folder),
    providers: identity.providers.map((one) => (one.saml ? { ...one, saml: samlPaths(one.saml, folder) } : one)),
    local: identity.local,
    oauth: identity.oauth,
    resources: resolve(folder, resources),
    credentials: credentialSettings(credentials),
    notify,
    audit: auditSettings(audit, folder),
    log: { level: telemetry.log.level, ...(telemetry.log.format ? { format: telemetry.log.format } : {}) },
    ...(telemetry.traces ? { traces: telemetry.traces } : {}),
    sinks: audit.sinks.map((one) => sinkSettings(one, folder)),
    ...(listen.metrics === undefined ? {} : { metrics: metricsOptions(listen.metrics, telemetry.metrics.token) }),
    ...(masking.analyzer ? { analyzer: analyzerOptions(masking.analyzer) } : {}),
  };
}

function auditSettings({ retention, auditors, witnesses, recordingKey }: ConfigDocument['audit'], folder: string): AuditSettings {
  const retentionMs = retention === undefined ? undefined : readRetention(retention);
  return {
    auditors,
    witnesses,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(recordingKey ? { vault: vaultSettings(recordingKey.vault, folder) } : {}),
  };
}

function vaultSettings({ timeout, ca, namespace, ...rest }: VaultDocument, folder: string): VaultSettings {
  const trusted = ca === undefined ? {} : { ca: resolve(folder, ca) };
  return { ...rest, timeoutMs: readDuration(timeout) ?? 0, ...trusted, ...(namespace === undefined ? {} : { namespace }) };
}

/** What travels there are statements and rows: only one machine's own processes may see them as they are. */
function socketsOf(postgres: string | undefined, tls: object | undefined): Config['sockets'] {
  if (postgres === undefined) return {};
  const address = addressOf(postgres);
  if (!tls && !isLoopback(address.host))
    throw new SallyportError('config_invalid', `listen.postgres is ${postgres}, which others can reach, and there is no certificate`, {
      hint: 'set tls.certificate and tls.key, or listen on 127.0.0.1',
    });
  return { postgres: address };
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/** Names of targets, rates and refusals are nobody else's business. */
function metricsOptions(listen: string, token: SecretSource | undefined): NonNullable<Config['metrics']> {
  const address = addressOf(listen);
  if (token === undefined && !isLoopback(address.host))
    throw new SallyportError('config_invalid', `listen.metrics is ${listen}, which others can reach, and has no token`, {
      hint: 'set telemetry.metrics.token, or listen on 127.0.0.1',
    });
  return { ...address, ...(token ? { token } : {}) };
}

function analyzerOptions({ timeout, ...rest }: NonNullable<ConfigDocument['masking']['analyzer']>): AnalyzerOptions {
  return { ...rest, timeoutMs: readDuration(timeout) ?? 0 };
}

function invalid(problems: readonly Problem[]): SallyportError {
  return new SallyportError('config_invalid', `the configuration is not valid\n${problems.map(formatProblem).join('\n')}`, {
    hint: 'docs/configuration.md explains every name',
  });
}
