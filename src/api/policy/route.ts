import { Hono, type Context } from 'hono';
import type { Command } from '../../core/command.ts';
import { newId } from '../../core/id.ts';
import type { Target } from '../../core/target.ts';
import { readDuration } from '../../policy/duration.ts';
import { runPolicyTests } from '../../policy/policy-test.ts';
import { simulate } from '../../policy/simulate.ts';
import { supposedSubject } from '../../policy/supposed.ts';
import { whoCan } from '../../policy/who-can.ts';
import { recall, suppose } from '../../protocols/registry.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { isOwner, ownedTargets } from '../owners.ts';
import { notFound, refuse } from '../refusal.ts';
import { presentDecision, presentTargetPolicy } from './presenter.ts';
import { explainSchema, rightsSchema, simulateSchema, testSchema, whoCanSchema } from './schema.ts';

/** How commands would be decided, for the target's owners: a policy's rules are not for those they bind. */
export function policyRoutes(deps: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get('/policy', requireCaller(deps), (c) => {
      const snapshot = deps.snapshot();
      const compiled = ownedTargets(c.get('caller').subject, snapshot).flatMap((name) => snapshot.compiled(name) ?? []);
      return compiled.length === 0 ? notFound(c) : c.json({ policyVersion: snapshot.version, targets: compiled.map(presentTargetPolicy) });
    })
    .post('/policy/explain', requireCaller(deps), async (c) => {
      const { subject: text, groups, target: name, command, args, history } = await readBody(c, explainSchema);
      const target = owned(c, name);
      const subject = supposedSubject(text, groups);
      if (!target || !subject) return notFound(c);
      const session = { id: newId(), subject, target, client: { address: '', userAgent: '', id: '' } };
      return c.json(presentDecision(deps.snapshot().decide(session, suppose({ protocol: target.protocol, name: command, args }), { history })));
    })
    .post('/policy/who-can', requireCaller(deps), async (c) => {
      const { target: name, command, args } = await readBody(c, whoCanSchema);
      const snapshot = deps.snapshot();
      const compiled = owned(c, name) && snapshot.compiled(name);
      if (!compiled) return notFound(c);
      const who = whoCan(compiled, suppose({ protocol: compiled.target.protocol, name: command, args }));
      return c.json({ target: name, command, policyVersion: snapshot.version, who });
    })
    .post('/policy/rights', requireCaller(deps), async (c) => {
      const { target: name, as, role = `sallyport_${name}`, database } = await readBody(c, rightsSchema);
      const compiled = owned(c, name) && deps.snapshot().compiled(name);
      if (!compiled) return notFound(c);
      const covers = (who: string): boolean => as === undefined || who === as || who === '*';
      const may = (command: Command): boolean => whoCan(compiled, command).some(({ who, effect }) => effect !== 'deny' && covers(who));
      const script = await deps.databases?.rights(compiled.target, { role: role.slice(0, 63), database, may });
      if (script === undefined) return refuse(c, 409, 'conflict', `${name} is no database that is reached through here`, 'grants are for targets of databases');
      return c.json({ target: name, script });
    })
    .post('/policy/simulate', requireCaller(deps), async (c) => {
      const { since, resources } = await readBody(c, simulateSchema);
      const targets = ownedTargets(c.get('caller').subject, deps.snapshot());
      if (targets.length === 0) return notFound(c);
      const snapshot = resources ? deps.compile(resources) : deps.snapshot();
      const from = (deps.now ?? Date.now)() - (readDuration(since) ?? 0);
      return c.json({ since, ...(await simulate(snapshot, deps.pastCommands(from, new Set(targets)), recall)) });
    })
    .post('/policy/test', requireCaller(deps), async (c) => {
      const { cases } = await readBody(c, testSchema);
      if (cases.some(({ target }) => !owned(c, target))) return notFound(c);
      return c.json(runPolicyTests(deps.snapshot(), cases, suppose));
    });

  function owned(c: Context<ApiEnv>, name: string): Target | undefined {
    const target = deps.snapshot().target(name);
    return target && isOwner(c.get('caller').subject, target) ? target : undefined;
  }
}
