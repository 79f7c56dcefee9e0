import { ALL_SCOPES } from '../identity/oauth/scopes.ts';
import { PROTOCOLS } from '../protocols/registry.ts';
import { storedDayBook } from './day-book.ts';
import { failureReport } from './failures.ts';
import { createGate } from './gate.ts';
import { openHistory } from './history.ts';
import type { Handler } from './http-server.ts';
import { installationKey } from './installation-keys.ts';
import { openInstallation } from './installation.ts';
import { observerOf, openTraces } from './observer.ts';
import type { Parts } from './parts.ts';
import { QuotaCounter } from './quotas.ts';
import { watchServers } from './servers.ts';
import { openSockets } from './sockets.ts';
import { storedUseBook } from './use-book.ts';

/** The handlers of all protocols by the first segment of their paths. */
export async function openProtocols(parts: Parts): Promise<ReadonlyMap<string, Handler>> {
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
    clientAddress: parts.clientAddress,
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
    { shutdown, log },
  );
  for (const [name, listener] of opened) parts.sockets.set(name, listener);
  return handlers;
}
