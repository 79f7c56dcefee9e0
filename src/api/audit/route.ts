import { Hono } from 'hono';
import { isAuditor } from '../auditors.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv, Caller } from '../deps.ts';
import { ownedTargets } from '../owners.ts';
import { notFound, refuse } from '../refusal.ts';
import { verifySchema } from './schema.ts';

/** For auditors, and owners of any target: where the record goes, and its verification, one at a time, because it reads everything. */
export function auditRoutes(deps: ApiDeps): Hono<ApiEnv> {
  let running = false;
  const routes = new Hono<ApiEnv>().get('/audit/sinks', requireCaller(deps), async (c) => {
    if (!mayVerify(deps, c.get('caller'))) return notFound(c);
    return c.json({ sinks: await deps.recordings.sinks() });
  });
  return routes.post('/audit/verify', requireCaller(deps), async (c) => {
    await readBody(c, verifySchema);
    if (!mayVerify(deps, c.get('caller'))) return notFound(c);
    if (running) return refuse(c, 409, 'conflict', 'a verification is running', 'wait for it to end');
    running = true;
    try {
      return c.json(await deps.recordings.verify());
    } finally {
      running = false;
    }
  });
}

const mayVerify = (deps: ApiDeps, { subject }: Caller): boolean => isAuditor(subject, deps) || ownedTargets(subject, deps.snapshot()).length > 0;
