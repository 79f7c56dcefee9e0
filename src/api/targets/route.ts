import { Hono } from 'hono';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { presentTarget } from './presenter.ts';

export function targetRoutes(deps: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>().get('/targets', requireCaller(deps), (c) => {
    const { subject } = c.get('caller');
    const snapshot = deps.snapshot();
    const reachable = snapshot.targets.filter(({ name }) => snapshot.mayReach(subject, name));
    return c.json({ targets: reachable.map((target) => presentTarget(target, deps.url)) });
  });
}
