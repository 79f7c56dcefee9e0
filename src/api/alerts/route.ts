import { Hono } from 'hono';
import type { Alerts } from '../../alert/alerts.ts';
import { SallyportError } from '../../core/error.ts';
import type { Subject } from '../../core/subject.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { ownedTargets } from '../owners.ts';
import { RateLimit } from '../rate-limit.ts';

/** Alerts name rules and people of all targets: they are for owners, and so is a test, which writes to others. */
export function alertRoutes(deps: ApiDeps, alerts: Alerts): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);
  const tests = new RateLimit({ burst: 10, perMinute: 10, now: deps.now ?? Date.now });

  return new Hono<ApiEnv>()
    .get('/alerts', signedIn, async (c) => {
      requireOwner(c.get('caller').subject);
      return c.json({ alerts: await alerts.list() });
    })
    .post('/alerts/:name/test', signedIn, async (c) => {
      const { subject } = c.get('caller');
      requireOwner(subject);
      if (!tests.take(subject.name)) throw new SallyportError('limit_exceeded', 'too many tests of alerts', { hint: 'wait a minute' });
      return c.json({ queued: await alerts.test(c.req.param('name'), subject.name) });
    });

  function requireOwner(subject: Subject): void {
    if (subject.kind === 'person' && ownedTargets(subject, deps.snapshot()).length > 0) return;
    throw new SallyportError('forbidden', 'alerts are for owners of targets', { hint: 'ask an owner of the target' });
  }
}
