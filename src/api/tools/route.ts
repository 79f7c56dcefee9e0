import { Hono, type Context } from 'hono';
import type { Target } from '../../core/target.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { isOwner } from '../owners.ts';
import { notFound } from '../refusal.ts';
import { presentTools } from './presenter.ts';
import { answerSchema } from './schema.ts';

/** What a target's server declares and which of it is pinned: for the target's owners, who answer for it. */
export function toolRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);

  return new Hono<ApiEnv>()
    .get('/targets/:name/tools', signedIn, async (c) => {
      const target = ownedTarget(c);
      return target ? c.json({ target: target.name, tools: await toolsOf(target) }) : notFound(c);
    })
    .post('/targets/:name/tools/:tool/accept', signedIn, (c) => answer(c, 'accept'))
    .post('/targets/:name/tools/:tool/reject', signedIn, (c) => answer(c, 'reject'));

  async function answer(c: Context<ApiEnv>, given: 'accept' | 'reject'): Promise<Response> {
    const target = ownedTarget(c);
    if (!target) return notFound(c);
    const { hash } = await readBody(c, answerSchema);
    const name = c.req.param('tool') ?? '';
    await deps.pins.answer(target, { name, hash }, given, c.get('caller').subject);
    return c.json((await toolsOf(target)).find((tool) => tool.name === name));
  }

  async function toolsOf(target: Target) {
    return presentTools(await deps.pins.list(target));
  }

  function ownedTarget(c: Context<ApiEnv>): Target | undefined {
    const target = deps.snapshot().target(c.req.param('name') ?? '');
    return target && isOwner(c.get('caller').subject, target) ? target : undefined;
  }
}
