import { Hono } from 'hono';
import { eventSubject, makeEvent } from '../../core/event.ts';
import { ID_PATTERN } from '../../core/id.ts';
import { isAuditor } from '../auditors.ts';
import { readBody, readQuery } from '../body.ts';
import { requireCaller } from '../caller.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { isOwner, ownedTargets } from '../owners.ts';
import { notFound } from '../refusal.ts';
import { maySee } from './presenter.ts';
import { eraseSchema, listSchema } from './schema.ts';

/** Recorded sessions. Whoever looks at one is recorded before it is shown. */
export function sessionRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const { recordings, recorder } = deps;
  const signedIn = requireCaller(deps);

  return new Hono<ApiEnv>()
    .get('/sessions', signedIn, async (c) => {
      const { subject } = c.get('caller');
      const { cursor, limit } = readQuery(c, listSchema);
      const targets = isAuditor(subject, deps) ? 'all' : ownedTargets(subject, deps.snapshot());
      const page = await recordings.list({ subject, targets, limit, ...(cursor ? { cursor } : {}) });
      return c.json(page);
    })
    .get('/sessions/:id', signedIn, async (c) => {
      const { subject } = c.get('caller');
      const id = c.req.param('id');
      const found = ID_PATTERN.test(id) ? await recordings.read(id) : undefined;
      if (!found || !maySee(found.session, found.events, subject, deps)) return notFound(c);
      const { target } = found.session;
      // The viewed session stands in the note: this event is not a part of it.
      await recorder.append(makeEvent('recording.viewed', { subject: eventSubject(subject), target, client: clientOf(c, 'console'), note: `session ${id}` }));
      return c.json({ session: found.session, events: found.events });
    })
    .post('/sessions/:id/erase', signedIn, async (c) => {
      const { reason } = await readBody(c, eraseSchema);
      const { subject } = c.get('caller');
      const id = c.req.param('id');
      const found = ID_PATTERN.test(id) ? await recordings.find?.(id) : undefined;
      const target = found && deps.snapshot().target(found.target);
      // Its subject reads it, but what was done with a target is its owners' to keep.
      if (!target || !recordings.erase || subject.kind !== 'person' || !isOwner(subject, target)) return notFound(c);
      await recordings.erase(id, reason, subject);
      return c.json({});
    });
}
