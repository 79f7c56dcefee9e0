import { Hono, type Context } from 'hono';
import type { z } from 'zod';
import type { Hold, HoldKind, Holds } from '../../audit/holds.ts';
import { SallyportError } from '../../core/error.ts';
import { ID_PATTERN } from '../../core/id.ts';
import type { Subject } from '../../core/subject.ts';
import { isAuditor } from '../auditors.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { isOwner } from '../owners.ts';
import { holdSchema } from './schema.ts';

/** Legal holds, for people: a target and its sessions are its owners' to hold; auditors see them. */
export function holdRoutes(deps: ApiDeps, holds: Holds): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);

  return new Hono<ApiEnv>()
    .get('/holds', signedIn, async (c) => {
      const { subject } = c.get('caller');
      const maySeeAll = isAuditor(subject, deps);
      const shown = await Promise.all((await holds.list()).map(async (hold) => (maySeeAll || (await mayHold(subject, hold)) ? [hold] : [])));
      return c.json({ holds: shown.flat().map(present) });
    })
    .post('/holds', signedIn, async (c) => {
      const { asked, subject } = await read(c);
      return c.json(present(await holds.place(asked, subject)), 201);
    })
    .post('/holds/lift', signedIn, async (c) => {
      const { asked, subject } = await read(c);
      await holds.lift(asked, subject);
      return c.json({});
    });

  async function read(c: Context<ApiEnv>): Promise<{ readonly asked: z.output<typeof holdSchema>; readonly subject: Subject }> {
    const asked = await readBody(c, holdSchema);
    const { subject } = c.get('caller');
    if (!(await mayHold(subject, asked))) throw new SallyportError('not_found', `there is no ${asked.kind} of this name that you may hold`);
    return { asked, subject };
  }

  async function mayHold(subject: Subject, { kind, name }: { readonly kind: HoldKind; readonly name: string }): Promise<boolean> {
    if (subject.kind !== 'person') return false;
    const of = kind === 'target' ? name : ID_PATTERN.test(name) ? (await deps.recordings.find?.(name))?.target : undefined;
    const target = of === undefined ? undefined : deps.snapshot().target(of);
    return target !== undefined && isOwner(subject, target);
  }
}

const present = ({ kind, name, reason, by, at }: Hold) => ({ kind, name, reason, by, at: new Date(at).toISOString() });
