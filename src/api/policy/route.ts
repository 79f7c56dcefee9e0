import { Hono } from 'hono';
import { makeCommand } from '../../core/command.ts';
import { newId } from '../../core/id.ts';
import type { Subject, SubjectKind } from '../../core/subject.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { isOwner } from '../owners.ts';
import { notFound } from '../refusal.ts';
import { presentDecision } from './presenter.ts';
import { explainSchema } from './schema.ts';

/** How a command would be decided, for the target's owners: a policy's rules are not for those they bind. */
export function policyRoutes(deps: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>().post('/policy/explain', requireCaller(deps), async (c) => {
    const asked = await readBody(c, explainSchema);
    const snapshot = deps.snapshot();
    const target = snapshot.target(asked.target);
    if (!target || !isOwner(c.get('caller').subject, target)) return notFound(c);
    const command = makeCommand({ protocol: target.protocol, name: asked.command, naming: 'plain', arguments: asked.args });
    const session = { id: newId(), subject: supposed(asked.subject, asked.groups), target, client: { address: '', userAgent: '', id: '' } };
    return c.json(presentDecision(snapshot.decide(session, command)));
  });
}

/** Nobody in particular: rules know a subject by kind, name and groups. */
function supposed(text: string, groups: readonly string[]): Subject {
  const [, kind = 'person', name = ''] = /^(?:(person|workload|ai-agent):)?(.*)$/.exec(text) ?? [];
  // The pattern lets only the three kinds through.
  return { kind: kind as SubjectKind, id: name, name, groups, issuer: 'supposed' };
}
