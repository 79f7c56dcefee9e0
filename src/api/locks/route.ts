import { Hono, type Context } from 'hono';
import type { z } from 'zod';
import { SallyportError } from '../../core/error.ts';
import { ID_PATTERN } from '../../core/id.ts';
import type { Subject } from '../../core/subject.ts';
import type { Lock, LockKind } from '../../lock/lock.ts';
import type { Locks } from '../../lock/locks.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { isOwner, ownedTargets } from '../owners.ts';
import { lockSchema } from './schema.ts';

/** Locks, for people: a target and its sessions are its owners' to lock, subjects those of owners of any target. */
export function lockRoutes(deps: ApiDeps, locks: Locks): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);

  return new Hono<ApiEnv>()
    .get('/locks', signedIn, async (c) => {
      const { subject } = c.get('caller');
      requireOwner(subject);
      const all = await locks.list();
      const shown = await Promise.all(all.map(async (lock) => ((await mayLock(subject, lock)) ? [lock] : [])));
      return c.json({ locks: shown.flat().map(present) });
    })
    .post('/locks', signedIn, async (c) => {
      const { asked, subject } = await read(c);
      return c.json(present(await locks.place(asked, subject)), 201);
    })
    .post('/locks/lift', signedIn, async (c) => {
      const { asked, subject } = await read(c);
      await locks.lift(asked, subject);
      return c.json({});
    });

  async function read(c: Context<ApiEnv>): Promise<{ readonly asked: z.output<typeof lockSchema>; readonly subject: Subject }> {
    const asked = await readBody(c, lockSchema);
    const { subject } = c.get('caller');
    requireOwner(subject);
    if (!(await mayLock(subject, asked))) throw new SallyportError('not_found', `there is no ${asked.kind} of this name that you may lock`);
    return { asked, subject };
  }

  function requireOwner(subject: Subject): void {
    if (subject.kind === 'person' && ownedTargets(subject, deps.snapshot()).length > 0) return;
    throw new SallyportError('forbidden', 'locks are placed and lifted by owners of targets', { hint: 'ask an owner of the target' });
  }

  async function mayLock(subject: Subject, { kind, name }: { readonly kind: LockKind; readonly name: string }): Promise<boolean> {
    switch (kind) {
      case 'subject':
        return true;
      case 'target':
        return owns(subject, name);
      case 'session':
        return ID_PATTERN.test(name) && owns(subject, (await deps.recordings.find?.(name))?.target);
      default:
        return kind satisfies never;
    }
  }

  function owns(subject: Subject, name: string | undefined): boolean {
    const target = name === undefined ? undefined : deps.snapshot().target(name);
    return target !== undefined && isOwner(subject, target);
  }
}

const present = ({ kind, name, reason, by, at }: Lock) => ({ kind, name, reason, by, at: new Date(at).toISOString() });
