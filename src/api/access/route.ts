import { Hono } from 'hono';
import { reviewAccess } from '../../policy/access.ts';
import { readDuration } from '../../policy/duration.ts';
import { readQuery } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { isOwner } from '../owners.ts';
import { notFound, refuse } from '../refusal.ts';
import { accessSchema } from './schema.ts';

/** Who may do what on a target and what of it was used, for the target's owners; one at a time, because it reads the record. */
export function accessRoutes(deps: ApiDeps): Hono<ApiEnv> {
  let running = false;
  return new Hono<ApiEnv>().get('/targets/:name/access', requireCaller(deps), async (c) => {
    const { since } = readQuery(c, accessSchema);
    const compiled = deps.snapshot().compiled(c.req.param('name'));
    if (!compiled || !isOwner(c.get('caller').subject, compiled.target)) return notFound(c);
    if (running) return refuse(c, 409, 'conflict', 'another review of access is being made', 'try again in a moment');
    running = true;
    try {
      const from = (deps.now ?? Date.now)() - (readDuration(since) ?? 0);
      const past = deps.pastCommands(from, new Set([compiled.target.name]));
      return c.json({ target: compiled.target.name, since, from: new Date(from).toISOString(), grants: await reviewAccess(compiled.policies, past) });
    } finally {
      running = false;
    }
  });
}
