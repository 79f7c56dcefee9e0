import { Hono, type Context } from 'hono';
import type { z } from 'zod';
import type { WindowRequest } from '../../approval/windows.ts';
import type { ApprovalRequirement, ReviewDecision } from '../../core/decision.ts';
import { SallyportError } from '../../core/error.ts';
import { newId } from '../../core/id.ts';
import type { Subject } from '../../core/subject.ts';
import type { Target } from '../../core/target.ts';
import { headerValues } from '../../identity/bearer.ts';
import { isAuthenticated } from '../../identity/outcome.ts';
import { readDuration } from '../../policy/duration.ts';
import { checkWhen } from '../../policy/when.ts';
import { presentApproval } from '../approvals/presenter.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { notFound } from '../refusal.ts';
import { windowSchema } from './schema.ts';

const LONGEST_MS = 24 * 3_600_000;

/** Asking for access to every command of a kind for some time: by who is signed in, or by a caller with an access token for the target. */
export function windowRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);

  return new Hono<ApiEnv>().post('/windows', async (c) => {
    const asked = await readBody(c, windowSchema);
    const byToken = await deps.authenticator?.authenticate(headerValues(c.env.incoming.rawHeaders, 'authorization'), asked.target);
    if (byToken && isAuthenticated(byToken)) return open(c, asked, byToken.subject);
    let reply: Response | undefined;
    const refused = await signedIn(c, async () => {
      reply = await open(c, asked, c.get('caller').subject);
    });
    return refused ?? reply ?? notFound(c);
  });

  async function open(c: Context<ApiEnv>, asked: z.output<typeof windowSchema>, subject: Subject): Promise<Response> {
    const snapshot = deps.snapshot();
    const target = snapshot.target(asked.target);
    if (!target || !snapshot.mayReach(subject, target.name) || deps.locks?.find({ subject, target: target.name })) return notFound(c);
    const requested = requestOf(asked, subject, target);
    const session = { id: newId(), subject, target, client: clientOf(c, '') };
    return c.json(presentApproval(await deps.approvals.requestWindow({ ...requested, session }), subject), 201);
  }

  function requestOf(asked: z.output<typeof windowSchema>, subject: Subject, target: Target): Omit<WindowRequest, 'session'> {
    const rules = deps.snapshot().windows(target.name);
    const requirements = rules?.requirements(subject, asked.command) ?? [];
    if (requirements.length === 0) throw new SallyportError('usage', `no review rule is about ${asked.command} here, so there is nothing to ask for`);
    const wrong = asked.constraint === undefined ? undefined : checkWhen(asked.constraint);
    if (wrong) throw new SallyportError('usage', `the constraint is not valid: ${wrong.message}`, { hint: wrong.fix });
    const durationMs = readDuration(asked.for) ?? 0;
    const { command: pattern, constraint, reason } = asked;
    const window = { pattern, durationMs, reason, ...(constraint === undefined ? {} : { constraint }) };
    if (!asked.breakGlass) return { window: { ...window, durationMs: limited(durationMs, LONGEST_MS) }, decision: reviewOf(requirements, reason) };
    const breakGlass = rules?.breakGlass(subject);
    if (!breakGlass)
      throw new SallyportError('forbidden', 'you are not among those who may break glass on this target', {
        hint: 'ask for access without breaking glass, and people answer',
      });
    const reviewers: ApprovalRequirement = {
      rule: 'break-glass',
      from: breakGlass.review,
      quorum: 1,
      pendingMs: durationMs,
      usableMs: durationMs,
      reason: 'required',
    };
    return {
      window: { ...window, durationMs: limited(durationMs, breakGlass.longestMs), breakGlass: { owners: target.owners, review: breakGlass.review } },
      decision: reviewOf([reviewers], reason),
    };
  }

  function reviewOf(approvals: readonly ApprovalRequirement[], reason: string): ReviewDecision {
    const rule = [...new Set(approvals.map((requirement) => requirement.rule))].join(', ');
    return { effect: 'review', rule, reason, approvals, risk: { score: 0, factors: [] }, masks: [], policyVersion: deps.snapshot().version };
  }
}

function limited(durationMs: number, longestMs: number): number {
  if (durationMs <= longestMs) return durationMs;
  throw new SallyportError('usage', `such access lasts at most ${Math.floor(longestMs / 60_000)} minutes`);
}
