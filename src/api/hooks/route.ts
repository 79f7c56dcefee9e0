import { Hono } from 'hono';
import type { SlackHook } from '../../notice/slack-hook.ts';
import { readBytes } from '../body.ts';
import type { ApiEnv } from '../deps.ts';

/** What other services call; each request proves by its signature who sent it. */
export function hookRoutes(slack: SlackHook): Hono<ApiEnv> {
  return new Hono<ApiEnv>().post('/hooks/slack', async (c) => {
    const headers = { timestamp: c.req.header('x-slack-request-timestamp'), signature: c.req.header('x-slack-signature') };
    await slack.receive(headers, await readBytes(c.req.raw.body));
    return c.body(null, 200);
  });
}
