import { timingSafeEqual, createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BlockList, isIP, type AddressInfo } from 'node:net';
import { SallyportError } from '../core/error.ts';
import type { Secret } from '../core/secret.ts';
import { CONTENT_TYPES, exposed, expositionFor } from '../telemetry/exposition.ts';
import type { Registry } from '../telemetry/registry.ts';

const LIMITS = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 2_000, keepAliveTimeout: 65_000, maxHeaderSize: 8 << 10 };
const MAX_CONNECTIONS = 20;

export interface MetricsServerOptions {
  readonly host: string;
  readonly port: number;
  /** What a scrape sends as `Authorization: Bearer`; read for each. Absent only where the listener is of this machine alone. */
  readonly token?: () => Promise<Secret>;
}

/** `GET /metrics` on a listener of its own, and nothing else. Throws `config_invalid` where it cannot listen. */
export async function serveMetrics(registry: Registry, options: MetricsServerOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { host, port } = options;
  const server = createServer({ ...LIMITS, requireHostHeader: true }, (request, response) => {
    answer(registry, options, request, response).catch(() => say(response, 500, 'the metrics cannot be read'));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new SallyportError('config_invalid', `cannot listen on ${host}:${port} for metrics`, {
      cause,
      hint: 'choose another port: listen.metrics in sallyport.yaml',
    });
  }
  return { port: portOf(server), close: () => close(server) };
}

/** Whether an address is of this machine alone: metrics without a token are served on no other. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === 'localhost' : LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

async function answer(registry: Registry, { token }: MetricsServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A page in a browser of this machine could have another name resolve to this address; it cannot choose the Host that it sends.
  if (!token && !isLoopback(hostName(request.headers.host))) return say(response, 403, 'this host name is not served here');
  if (request.headers.origin !== undefined) return say(response, 403, 'requests from pages are not served');
  if (token && !isSame((await token()).reveal(), request.headers.authorization)) {
    response.setHeader('www-authenticate', 'Bearer');
    return say(response, 401, 'the metrics need a token');
  }
  if ((request.url ?? '').replace(/\?.*$/s, '') !== '/metrics') return say(response, 404, 'metrics are at /metrics');
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(response, 405, 'metrics are read by GET');
  const format = expositionFor(request.headers.accept);
  const text = exposed(await registry.read(), format);
  response.writeHead(200, { 'content-type': CONTENT_TYPES[format], 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  response.end(request.method === 'HEAD' ? undefined : text);
}

const hostName = (host = ''): string =>
  host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();

/** Digests are of one length, so the comparison tells nothing of the token's. */
function isSame(secret: string, header = ''): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return secret !== '' && timingSafeEqual(digest(`Bearer ${secret}`), digest(header));
}

function say(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${message}\n`);
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** A server that listens on a port has an address of this form. */
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const LOOPBACK = loopback();

function loopback(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  return list;
}
