import { Hono, type Context } from 'hono';
import type { Approval } from '../../core/approval.ts';
import { ID_PATTERN } from '../../core/id.ts';
import { readBody, readQuery } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { notFound } from '../refusal.ts';
import { maySee, presentApproval } from './presenter.ts';
import { answerSchema, listSchema } from './schema.ts';
import { createApprovalStream } from './stream.ts';

/** The inbox: seen by who may answer and by who asked. To everybody else an approval does not exist. */
export function approvalRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const { approvals } = deps;
  const signedIn = requireCaller(deps);
  const stream = createApprovalStream(deps);

  return new Hono<ApiEnv>()
    .get('/approvals', signedIn, async (c) => {
      const { subject: viewer } = c.get('caller');
      const { status } = readQuery(c, listSchema);
      const listed = await approvals.list({ status, viewer });
      return c.json({ approvals: listed.filter((approval) => maySee(approval, viewer)).map((approval) => presentApproval(approval, viewer)) });
    })
    .get('/approvals/stream', signedIn, stream)
    .get('/approvals/:id', signedIn, (c) => withApproval(c, async (approval) => approval))
    .post('/approvals/:id/approve', signedIn, (c) => answer(c, 'approve'))
    .post('/approvals/:id/deny', signedIn, (c) => answer(c, 'deny'))
    .post('/approvals/:id/withdraw', signedIn, (c) =>
      withApproval(c, async ({ id }) => {
        await readBody(c, answerSchema);
        return approvals.withdraw(id, c.get('caller').subject);
      }),
    );

  function answer(c: Context<ApiEnv>, given: 'approve' | 'deny'): Promise<Response> {
    return withApproval(c, async ({ id }) => {
      const { reason } = await readBody(c, answerSchema);
      return approvals.answer(id, c.get('caller').subject, given, reason);
    });
  }

  /** Acts on the approval that the path names, if the caller may see it; whether it may act is the service's to say. */
  async function withApproval(c: Context<ApiEnv>, act: (approval: Approval) => Promise<Approval>): Promise<Response> {
    const { subject: viewer } = c.get('caller');
    const id = c.req.param('id') ?? '';
    const approval = ID_PATTERN.test(id) ? await approvals.get(id) : undefined;
    if (!approval || !maySee(approval, viewer)) return notFound(c);
    return c.json(presentApproval(await act(approval), viewer));
  }
}
