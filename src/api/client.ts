import type { Context, MiddlewareHandler } from 'hono';
import type { Client } from '../core/session.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';

/** Before any route, once for a request: from where it comes. */
export function withAddress({ clientAddress }: Pick<ApiDeps, 'clientAddress'>): MiddlewareHandler<ApiEnv> {
  return (c, next) => {
    c.set('address', clientAddress(c.env.incoming));
    return next();
  };
}

/** Who is on the line, as events name it. */
export function clientOf(c: Pick<Context<ApiEnv>, 'get' | 'req'>, id: string): Client {
  const userAgent = (c.req.header('user-agent') ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  return { address: c.get('address'), userAgent, id };
}
