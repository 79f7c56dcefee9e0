import { Hono } from 'hono';
import { subjectKey } from '../../core/subject.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import type { ApiDeps, ApiEnv, DatabaseAccess } from '../deps.ts';
import { RateLimit } from '../rate-limit.ts';
import { refuse } from '../refusal.ts';
import { presentDatabaseLogin } from './presenter.ts';
import { databaseLoginSchema } from './schema.ts';

/** Names and short-lived passwords for clients of databases, which take no tokens. */
export function databaseLoginRoutes(deps: ApiDeps, { logins, ports }: DatabaseAccess): Hono<ApiEnv> {
  const mints = new RateLimit({ burst: 30, perMinute: 30, now: deps.now ?? Date.now });

  return new Hono<ApiEnv>().post('/database-logins', requireCaller(deps), async (c) => {
    const { target: name, seconds } = await readBody(c, databaseLoginSchema);
    const { subject, signIn } = c.get('caller');
    const snapshot = deps.snapshot();
    const target = snapshot.target(name);
    // What one may not reach is answered like what is not there.
    if (!target || !snapshot.mayReach(subject, name)) return refuse(c, 404, 'not_found', 'no such target, or you may not reach it');
    const port = ports.get(target.protocol);
    if (!port) return refuse(c, 409, 'conflict', `${name} takes no database logins here`, hintFor(target.protocol));
    // Each is a row and a record, and works out a verifier.
    if (!mints.take(subjectKey(subject))) return refuse(c, 429, 'limit_exceeded', 'too many database logins at once', 'one opens many sessions; wait a minute');
    const login = await logins.mint({ subject, through: [signIn], target: name, clientId: CLIENT_ID, ttlMs: seconds * 1000 });
    return c.json(presentDatabaseLogin(login, name, port));
  });
}

const CLIENT_ID = 'sallyport';

function hintFor(protocol: string): string {
  return protocol === 'mcp'
    ? 'MCP clients use an access token: sallyport token'
    : `the gateway has no port for it: set listen.${protocol} in its configuration`;
}
