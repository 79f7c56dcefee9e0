import { readFile } from 'node:fs/promises';
import { SallyportError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import { Secret } from '../core/secret.ts';
import type { ServerTls, SocketDeps, SocketListener } from '../protocols/protocol.ts';
import type { DatabasePort } from '../api/deps.ts';
import { PROTOCOLS } from '../protocols/registry.ts';
import type { Config } from './config.ts';
import type { Shutdown } from './shutdown.ts';

/** Opens the ports of protocols that have one of their own, as far as the configuration names one. */
export async function openSockets(
  deps: SocketDeps,
  config: Pick<Config, 'sockets' | 'tls'>,
  { shutdown, log }: { readonly shutdown: Shutdown; readonly log: Log },
): Promise<ReadonlyMap<string, SocketListener>> {
  const listeners = new Map<string, SocketListener>();
  const tls = config.tls && (await readTls(config.tls));
  for (const [name, address] of Object.entries(config.sockets)) {
    const protocol = Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined;
    if (!protocol || !('listen' in protocol)) throw new SallyportError('internal', `nobody speaks ${name}`);
    const listener = shutdown.owns(await protocol.listen(deps, address, tls));
    listeners.set(name, listener);
    log.info(name, `listening at ${address.host}:${listener.port}`);
  }
  return listeners;
}

/** Where clients of databases come in, by protocol, as callers of the API are told. */
export function databasePorts({ url, sockets, tls }: Pick<Config, 'url' | 'sockets' | 'tls'>): ReadonlyMap<string, DatabasePort> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return new Map(Object.entries(sockets).map(([protocol, { port }]) => [protocol, { host, port, tls: tls !== undefined }]));
}

async function readTls({ certificate, key }: NonNullable<Config['tls']>): Promise<ServerTls> {
  const read = (path: string): Promise<string> =>
    readFile(path, 'utf8').catch((cause: unknown) => {
      throw new SallyportError('config_invalid', `${path} cannot be read`, { cause, hint: 'tls.certificate and tls.key name PEM files' });
    });
  return { certificate: await read(certificate), key: new Secret(await read(key)) };
}
