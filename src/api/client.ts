import type { Context } from 'hono';
import type { Client } from '../core/session.ts';
import type { ApiEnv } from './deps.ts';

/** Who is on the line, as events name it. The address comes from the socket, never from a header. */
export function clientOf(c: Pick<Context<ApiEnv>, 'env' | 'req'>, id: string): Client {
  const userAgent = (c.req.header('user-agent') ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  return { address: c.env.incoming.socket.remoteAddress ?? '', userAgent, id };
}
