import { Hono } from 'hono';
import type { ApiEnv } from '../deps.ts';

/** For load balancers: the process answers. Needs no sign-in and tells nothing else. */
export function healthRoutes(): Hono<ApiEnv> {
  return new Hono<ApiEnv>().get('/health', (c) => c.json({ status: 'ok' }));
}
