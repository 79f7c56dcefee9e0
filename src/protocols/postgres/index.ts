/**
 * PostgreSQL, versions 3.0 and 3.2 of its protocol, as a relay for unchanged clients: every statement is understood by the
 * server's own grammar, decided, recorded and masked, and travels as its own bytes. Opened by the gateway; it must not know how
 * policies are written, where events are kept or who signs tokens.
 */
import { createSecureContext } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { makeCommand, type Command } from '../../core/command.ts';
import type { SupposedCommand } from '../../policy/supposed.ts';
import type { ServerTls, SocketDeps, SocketListener, SocketProtocol } from '../protocol.ts';
import type { OwnTls } from './handshake.ts';
import { Listener, type ListenerLimits } from './listener.ts';
import { endPoint } from './scram.ts';

export const postgres: SocketProtocol = {
  name: 'postgres',
  listen: (deps, address, tls) => listenPostgres(deps, address, tls),
  suppose: supposed,
  recall: recalled,
};

export async function listenPostgres(
  deps: SocketDeps,
  address: { readonly host: string; readonly port: number },
  tls?: ServerTls,
  limits: Partial<ListenerLimits> = {},
): Promise<SocketListener> {
  const listener = new Listener(deps, tls && ownTls(tls), limits);
  await listener.listen(address);
  return listener;
}

function ownTls({ certificate, key }: ServerTls): OwnTls {
  return {
    context: createSecureContext({ cert: certificate, key: key.reveal(), minVersion: 'TLSv1.2' }),
    endPoint: endPoint(new X509Certificate(certificate).raw),
  };
}

/** The statement's effects, as rules name them: `read:public.orders`. */
function supposed({ name, args }: SupposedCommand): Command {
  return makeCommand({ protocol: 'postgres', name, naming: 'plain', arguments: args });
}

function recalled(name: string): Command {
  return makeCommand({ protocol: 'postgres', name, naming: 'plain', arguments: {} });
}
