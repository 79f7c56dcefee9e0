import { Hono } from 'hono';
import { SallyportError } from '../../core/error.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import type { Connection } from '../../credential/connections/connection-rows.ts';
import type { Connections } from '../../credential/connections/connections.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { isOwner } from '../owners.ts';
import { connectionSchema } from './schema.ts';

/** Connected accounts: one's own, and those at targets that one owns. Nobody can connect one for somebody else. */
export function connectionRoutes(deps: ApiDeps, connections: Connections): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);

  return new Hono<ApiEnv>()
    .get('/connections', signedIn, async (c) => {
      const { subject } = c.get('caller');
      const all = await connections.list();
      return c.json({ connections: all.filter((one) => mayEnd(subject, one)).map(present) });
    })
    .post('/connections/remove', signedIn, async (c) => {
      const { id } = await readBody(c, connectionSchema);
      const { subject } = c.get('caller');
      const found = (await connections.list()).find((one) => one.id === id);
      if (!found || !mayEnd(subject, found)) throw new SallyportError('not_found', 'there is no such connection that you may remove');
      const { name, address, credential } = deps.snapshot().target(found.target) ?? {};
      const target =
        credential && 'perPerson' in credential && name !== undefined && address !== undefined ? { name, address, spec: credential.perPerson } : undefined;
      await connections.end(id, subject, target);
      return c.json({ id });
    });

  function mayEnd(subject: Subject, { personKey, target: name }: Connection): boolean {
    const target = deps.snapshot().target(name);
    return personKey === subjectKey(subject) || (subject.kind === 'person' && target !== undefined && isOwner(subject, target));
  }
}

const present = ({ id, person, target, issuer, connectedAt }: Connection) => ({ id, person, target, issuer, connectedAt: new Date(connectedAt).toISOString() });
