import { once } from 'node:events';
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { SallyportError, type ErrorCode } from '../core/error.ts';
import { isReplyOfProvider, type HostCheck } from '../identity/host.ts';

/** Everything that may take long before authentication has an end: headers, body, idle connections. */
const LIMITS = { headersTimeout: 20_000, requestTimeout: 50_000, connectionsCheckingInterval: 2_000, keepAliveTimeout: 65_000, maxHeaderSize: 32 << 10 };

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface HttpRoutes {
  readonly hosts: HostCheck;
  /** By the first segment of the path. */
  readonly protocols: ReadonlyMap<string, Handler>;
  /** Everything else: API, console, metadata. */
  readonly rest: Handler;
  onError(error: unknown): void;
}

/** Listens, or throws `config_invalid` where it cannot. Closing ends every connection. */
export async function listen({ host, port }: { readonly host: string; readonly port: number }, routes: HttpRoutes): Promise<{ close(): Promise<void> }> {
  const server = createHttpServer(routes);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new SallyportError('config_invalid', `cannot listen on ${host}:${port}`, {
      cause,
      hint: 'is another gateway running? choose another port: listen.http in sallyport.yaml, SALLYPORT_PORT for npm start',
    });
  }
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The one HTTP listener. What names another host, another origin or no path at all is refused before anybody looks at it. */
function createHttpServer(routes: HttpRoutes): Server {
  const server = createServer({ ...LIMITS, insecureHTTPParser: false, requireHostHeader: true, joinDuplicateHeaders: false }, (request, response) => {
    const refused = refuse(request, routes.hosts);
    if (refused) return say(response, refused.status, refused.message);
    const handler = (isDocument(request.url) ? undefined : routes.protocols.get((request.url ?? '').split('/', 2)[1] ?? '')) ?? routes.rest;
    Promise.resolve(handler(request, response)).catch((error: unknown) => {
      routes.onError(error);
      say(response, 500, 'the gateway failed on this request');
    });
  });
  server.maxHeadersCount = 100;
  server.on('connect', (_request, socket: Duplex) => answer(socket, 405));
  server.on('upgrade', (_request, socket: Duplex) => answer(socket, 400));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => answer(socket, statusOf(error.code)));
  return server;
}

function refuse(request: IncomingMessage, hosts: HostCheck): { readonly status: 400 | 403; readonly message: string } | undefined {
  const { host, origin } = request.headers;
  if (!request.url?.startsWith('/')) return { status: 400, message: 'this is no proxy: the request target must be a path' };
  if (hostHeaders(request.rawHeaders) > 1) return { status: 400, message: 'several Host headers' };
  if (!hosts.host(host)) return { status: 403, message: 'this host name is not served here' };
  if (!hosts.origin(origin) && !isReplyOfProvider(request.method, request.url))
    return { status: 403, message: 'requests from pages of another origin are not served' };
  return undefined;
}

/** Some clients look for a target's documents below its URL; what they look for is no protocol's. */
const isDocument = (path = ''): boolean => path.includes('/.well-known/');

/** Node's own `headers` keeps the first and is silent about others. */
function hostHeaders(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') count += 1;
  return count;
}

/** Core's codes for what is refused here. */
const CODES = { 400: 'usage', 403: 'forbidden', 500: 'internal' } as const satisfies Record<number, ErrorCode>;

function say(response: ServerResponse, status: keyof typeof CODES, message: string): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ error: { code: CODES[status], message } }));
}

/** For connections that have no request to answer. */
function answer(socket: Duplex, status: number): void {
  if (!socket.writable) return void socket.destroy();
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

function statusOf(code: string | undefined): number {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return 400;
}
