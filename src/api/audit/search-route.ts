import { Hono, type Context } from 'hono';
import { eventSubject, makeEvent, type EventKind } from '../../core/event.ts';
import type { SearchFilter } from '../../audit/search/query.ts';
import { readQuery } from '../body.ts';
import { requireCaller } from '../caller.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv, AuditLog } from '../deps.ts';
import { refuse } from '../refusal.ts';
import { createExport } from './export.ts';
import { filterOf, filterWords, scopeOf, targetOfLook } from './presenter.ts';
import { exportSchema, searchSchema, tailSchema } from './schema.ts';
import { createTail } from './tail.ts';

/** Looking through the record and taking it away: each is recorded before anything is shown. */
export function auditLogRoutes(deps: ApiDeps, log: AuditLog): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);
  const tail = createTail(deps, log);
  const exportLog = createExport(deps, log);

  async function recordLook(c: Context<ApiEnv>, kind: EventKind, what: string, filter: SearchFilter): Promise<void> {
    const { subject } = c.get('caller');
    // Owners of a target see who looked through it.
    const target = targetOfLook(scopeOf(subject, deps), filter, deps);
    const about = { subject: eventSubject(subject), client: clientOf(c, 'console'), ...(target === undefined ? {} : { target }) };
    await deps.recorder.append(makeEvent(kind, { ...about, note: `${what}: ${filterWords(filter)}`.slice(0, 2000) }));
  }

  return new Hono<ApiEnv>()
    .get('/audit/search', signedIn, async (c) => {
      const { cursor, limit, ...asked } = readQuery(c, searchSchema);
      const filter = filterOf(asked);
      const scope = scopeOf(c.get('caller').subject, deps);
      await recordLook(c, 'recording.viewed', cursor === undefined ? 'search' : 'search, a further page', filter);
      return c.json(await log.search({ filter, scope, limit, ...(cursor === undefined ? {} : { cursor }) }));
    })
    .get('/audit/tail', signedIn, async (c) => {
      const { after, ...asked } = readQuery(c, tailSchema);
      // A browser that comes back says by itself where it was.
      const from = c.req.header('last-event-id') ?? after;
      const filter = filterOf(asked);
      await recordLook(c, 'recording.viewed', from === undefined ? 'live' : 'live, from where it broke off', filter);
      return tail(c, { filter, ...(from === undefined || from === '' ? {} : { after: from }) });
    })
    .get('/audit/export', signedIn, async (c) => {
      // A page of another site can make a browser download, though it cannot read it.
      if (c.req.header('sec-fetch-site') === 'cross-site') return refuse(c, 403, 'forbidden', 'requests from pages of another origin are not served');
      const { format, content, ...asked } = readQuery(c, exportSchema);
      const filter = filterOf(asked);
      const scope = scopeOf(c.get('caller').subject, deps);
      await recordLook(c, 'recording.exported', `${format}${content === 'yes' ? ' with what was said' : ''}`, filter);
      return exportLog(c, { filter, scope, content: content === 'yes' }, format);
    });
}
