/**
 * Wires one gateway: configuration, storage, journal, policy, protocols, API, listener. It decides nothing itself. Called
 * by the command line; nothing else in the project knows this folder.
 */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openApprovals, type ApprovalService } from '../approval/approvals.ts';
import { openJournal, type Journal } from '../audit/journal.ts';
import { explainError, SallyportError } from '../core/error.ts';
import { createAuthenticator } from '../identity/authenticate.ts';
import { createHostCheck } from '../identity/host.ts';
import { openSigningKeys } from '../identity/signing-keys.ts';
import type { HttpEndpoint, ProtocolDeps } from '../protocols/protocol.ts';
import { PROTOCOLS } from '../protocols/registry.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { readConfig, type Config } from './config.ts';
import { createGate } from './gate.ts';
import { createHttpServer, type Handler } from './http-server.ts';
import { installationKey } from './installation-keys.ts';
import { openPolicy, type LivePolicy } from './policy.ts';
import { Shutdown } from './shutdown.ts';

export interface GatewayOptions {
  /** Path of `sallyport.yaml`. */
  readonly config: string;
  readonly log?: (line: string) => void;
}

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a gateway and resolves when it listens. Throws SallyportError with what to mend; whatever was opened is closed again. */
export async function startGateway({ config: file, log = () => {} }: GatewayOptions): Promise<Gateway> {
  const config = await readConfig(file);
  const shutdown = new Shutdown();
  try {
    await open(config, shutdown, log);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
  return { url: config.url, close: () => shutdown.run() };
}

async function open(config: Config, shutdown: Shutdown, log: (line: string) => void): Promise<void> {
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const keysFolder = join(config.data, 'keys');
  const journal: Journal = shutdown.owns(await openJournal({ folder: join(config.data, 'journal'), keysFolder }));
  const storage: Storage = shutdown.owns(await openStorage({ url: config.database, report: (error) => log(`database: ${explainError(error)}`) }));
  const policy: LivePolicy = shutdown.owns(await openPolicy(config.resources, journal, log));
  const approvals: ApprovalService = shutdown.owns(
    await openApprovals({
      storage,
      recorder: journal,
      key: await installationKey(keysFolder, 'approval'),
      owner: `${hostname()}:${journal.writer}`,
      report: (error) => log(`approvals: ${explainError(error)}`),
    }),
  );
  const gate = createGate({ snapshot: () => policy.snapshot(), approvals, recorder: journal, maskingKey: await installationKey(keysFolder, 'masking') });
  const own = await openSigningKeys(join(keysFolder, 'signing'));
  const authenticator = createAuthenticator({ issuers: config.issuers, own, url: config.url });
  const deps: ProtocolDeps = { gate, reach: () => policy.snapshot(), authenticator, url: config.url, sessionKey: await installationKey(keysFolder, 'session') };
  await listen(config, openProtocols(deps, shutdown), shutdown, log);
}

function openProtocols(deps: ProtocolDeps, shutdown: Shutdown): ReadonlyMap<string, HttpEndpoint> {
  return new Map(Object.values(PROTOCOLS).map((protocol) => [protocol.path, shutdown.owns(protocol.open(deps))]));
}

async function listen(config: Config, endpoints: ReadonlyMap<string, HttpEndpoint>, shutdown: Shutdown, log: (line: string) => void): Promise<void> {
  const protocols = new Map<string, Handler>([...endpoints].map(([path, endpoint]) => [path, (request, response) => endpoint.handle(request, response)]));
  const server = createHttpServer({
    hosts: createHostCheck(config.url, config.port),
    protocols,
    rest: (_request, response) => void response.writeHead(404).end(),
    onError: (error) => log(`request failed: ${explainError(error)}`),
  });
  server.listen(config.port, config.host);
  const failed = once(server, 'error').then(([cause]) => {
    throw new SallyportError('config_invalid', `cannot listen on ${config.host}:${config.port}`, { cause, hint: 'is another gateway running? choose another port with listen.http' });
  });
  await Promise.race([once(server, 'listening'), failed]);
  failed.catch(() => {});
  shutdown.owns({
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}
