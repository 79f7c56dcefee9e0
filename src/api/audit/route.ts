import { Hono } from 'hono';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { ownedTargets } from '../owners.ts';
import { notFound, refuse } from '../refusal.ts';
import { verifySchema } from './schema.ts';

/** Verification of the whole record, by owners of any target; one at a time, because it reads everything. */
export function auditRoutes(deps: ApiDeps): Hono<ApiEnv> {
  let running = false;
  return new Hono<ApiEnv>().post('/audit/verify', requireCaller(deps), async (c) => {
    await readBody(c, verifySchema);
    if (ownedTargets(c.get('caller').subject, deps.snapshot()).length === 0) return notFound(c);
    if (running) return refuse(c, 409, 'conflict', 'a verification is running', 'wait for it to end');
    running = true;
    try {
      return c.json(await deps.recordings.verify());
    } finally {
      running = false;
    }
  });
}
