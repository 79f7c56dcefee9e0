import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { connect as connectTls } from 'node:tls';
import { SallyportError } from '../../core/error.ts';
import type { SinkDeps } from './deps.ts';
import { readCertificates } from './http.ts';
import { SENT, type Sink } from './sink.ts';
import { syslogFrames, type SyslogFormat } from './syslog-message.ts';

export interface SyslogSettings extends SyslogFormat {
  readonly host: string;
  readonly port: number;
  /** Absent: plain TCP. */
  readonly tls?: TlsSettings;
  /** For one batch. */
  readonly timeoutMs: number;
  /** Messages of one connection. */
  readonly batch: number;
}

export interface TlsSettings {
  /** Files. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name in the receiver's certificate, where it is not the host. */
  readonly serverName?: string;
}

/**
 * RFC 5424 over TCP (RFC 6587) or TLS (RFC 5425), each message behind its length. Syslog has no acknowledgement, so each batch has a connection
 * of its own: the receiver closes its side when it has read to the end of ours, and one that goes away before resets it.
 */
export function createSyslogSink(settings: SyslogSettings, deps: SinkDeps): Sink {
  const where = `the syslog receiver at ${settings.host}:${settings.port}`;
  return {
    kind: 'syslog',
    limits: { events: settings.batch, bytes: 4 << 20 },
    gatherMs: 1000,
    bounds: 'any',
    async send(batch, signal) {
      const frames = await syslogFrames(batch, settings, deps.now());
      const limit = AbortSignal.timeout(settings.timeoutMs);
      const socket = await dial(settings, deps);
      try {
        await deliver(socket, frames, AbortSignal.any([signal, limit]));
        return SENT;
      } catch (cause) {
        if (limit.aborted) throw new SallyportError('upstream_timeout', `${where} did not take a batch within ${settings.timeoutMs / 1000} s`);
        throw new SallyportError('upstream_unreachable', `${where} could not be reached, or went away in the middle`, {
          cause,
          hint: 'nothing is lost: what it did not read to the end is sent again',
        });
      } finally {
        socket.destroy();
      }
    },
    close: async () => {},
  };
}

async function dial({ host, port, tls }: SyslogSettings, { lookup, mayReach }: SinkDeps): Promise<Socket> {
  if (isIP(host) !== 0 && !mayReach(host)) throw new SallyportError('upstream_unreachable', `${host} may not be reached from here`);
  if (!tls) return connectTcp({ host, port, lookup, allowHalfOpen: true });
  const { ca, cert, key, serverName = host } = tls;
  const files = {
    ...(ca === undefined ? {} : { ca: await readCertificates(ca) }),
    ...(cert === undefined ? {} : { cert: await readCertificates(cert) }),
    ...(key === undefined ? {} : { key: await readPrivateKey(key) }),
  };
  // No name is sent for an address in numbers (RFC 6066 3), but its certificate is checked all the same.
  return connectTls({ host, port, lookup, minVersion: 'TLSv1.2' as const, ...(isIP(serverName) === 0 ? { servername: serverName } : {}), ...files });
}

async function deliver(socket: Socket, frames: Buffer, signal: AbortSignal): Promise<void> {
  let isWritten = false;
  let isEarly = false;
  socket.on('end', () => (isEarly = !isWritten));
  socket.resume();
  const closed = once(socket, 'close', { signal });
  const ended = finished(socket, { signal, readable: true, writable: true });
  socket.end(frames, () => (isWritten = true));
  await Promise.all([closed, ended]);
  if (isEarly) throw new Error('it closed the connection before it was given everything');
}

async function readPrivateKey(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SallyportError('credential_missing', `the private key in ${path} cannot be read`, { cause });
  });
}
