/**
 * The suites cannot send a token, and the gateway has no switch that turns authentication off. This forwarder adds
 * the token and changes nothing else. Where a header names the forwarder itself, it names the gateway instead:
 * any other `Host` or `Origin` goes through as it is, for the gateway to judge.
 */
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../support/listen.ts';

export interface Forwarder {
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Forwards to `target` (a URL with a path); without `token` it adds nothing. */
export async function startForwarder(target: string, token?: string): Promise<Forwarder> {
  const to = new URL(target);
  const server = createServer((request, response) => forward(request, response, to, own, token));
  const { port, close } = await listen(server);
  const own = String(port);
  return { url: `http://127.0.0.1:${port}${to.pathname}`, close };
}

function forward(request: IncomingMessage, response: ServerResponse, to: URL, own: string, token: string | undefined): void {
  const headers = forwardedHeaders(request.rawHeaders, own, to.port, token);
  const upstream = send({ host: to.hostname, port: to.port, method: request.method, path: request.url, headers });
  upstream.on('response', (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.statusMessage, reply.rawHeaders);
    response.flushHeaders();
    reply.pipe(response);
    reply.on('error', () => response.destroy());
  });
  upstream.on('error', () => response.destroy());
  response.on('close', () => upstream.destroy());
  request.pipe(upstream);
}

/** The headers as they came, in their order and case. */
export function forwardedHeaders(raw: readonly string[], own: string, port: string, token?: string): string[] {
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    headers.push(name, namesUs(name, value, own) ? value.replace(`:${own}`, `:${port}`) : value);
  }
  return token === undefined ? headers : [...headers, 'Authorization', `Bearer ${token}`];
}

function namesUs(name: string, value: string, own: string): boolean {
  if (name.toLowerCase() === 'host') return LOOPBACK.some((host) => value === `${host}:${own}`);
  return name.toLowerCase() === 'origin' && LOOPBACK.some((host) => value === `http://${host}:${own}`);
}
