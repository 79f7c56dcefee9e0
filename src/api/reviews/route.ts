import { Hono } from 'hono';
import type { AccessReview, AccessReviews } from '../../approval/access-reviews.ts';
import { ID_PATTERN } from '../../core/id.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { notFound } from '../refusal.ts';
import { presentSubject } from '../subject-view.ts';
import { closeSchema } from './schema.ts';

/** Break-glass access that was taken, and the finding that closes each. */
export function reviewRoutes(deps: ApiDeps, reviews: AccessReviews): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);
  return new Hono<ApiEnv>()
    .get('/reviews', signedIn, async (c) => c.json({ reviews: (await reviews.list(c.get('caller').subject)).map(present) }))
    .post('/reviews/:id/close', signedIn, async (c) => {
      const { finding } = await readBody(c, closeSchema);
      const id = c.req.param('id');
      if (!ID_PATTERN.test(id)) return notFound(c);
      return c.json(present(await reviews.close(id, c.get('caller').subject, finding)));
    });
}

function present({ approval, reviewers, openedAt, closedAt, closedBy, finding }: AccessReview) {
  const { id, subject, target, window } = approval;
  return {
    id,
    status: closedAt === undefined ? 'open' : 'closed',
    subject: presentSubject(subject),
    target,
    command: window?.pattern ?? '',
    reason: window?.reason ?? '',
    reviewers,
    openedAt: new Date(openedAt).toISOString(),
    ...(closedAt === undefined ? {} : { closedAt: new Date(closedAt).toISOString(), closedBy, finding }),
  };
}
